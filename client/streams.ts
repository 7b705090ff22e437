/** One server-sent event, its data read as JSON where it is JSON. */
export interface ServerEvent<Data = unknown> {
  /** For `Last-Event-ID`, to go on where a stream broke off. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Data;
}

type Bytes = AsyncIterable<Uint8Array> | null;

/** The lines of a body as they arrive. */
async function* linesOf(body: Bytes): AsyncGenerator<string> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Newline-delimited JSON, a value at a time. */
export async function* jsonLines(body: Bytes): AsyncGenerator<unknown> {
  for await (const line of linesOf(body)) if (line.trim() !== '') yield JSON.parse(line);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Server-sent events (WHATWG HTML, section 9.2), without comments and heartbeats. */
export async function* serverEvents(body: Bytes): AsyncGenerator<ServerEvent> {
  let id: string | undefined;
  let event = 'message';
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event, data: jsonOrText(data.join('\n')) };
      event = 'message';
      data = [];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  }
}
