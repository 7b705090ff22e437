import { until } from './until';

/** One server-sent event as a browser would give it. */
export interface SentEvent {
  readonly event: string;
  /** The last id the stream told, this event's own included. */
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads an event stream as the WHATWG describes it. */
export class EventStreamReader {
  readonly events: SentEvent[] = [];
  /** The server has ended it. */
  ended = false;
  private lastId = '';
  private readonly abort = new AbortController();

  private constructor(readonly status: number) {}

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<EventStreamReader> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const reader = new EventStreamReader(response.status);
    reader.abort.signal.addEventListener('abort', () => abort.abort());
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      reader.ended = true;
      return reader;
    }
    void reader.read(response.body).catch(() => undefined);
    return reader;
  }

  get types(): readonly string[] {
    return this.events.map(({ event }) => event);
  }

  /** The first event of a type, when it comes. */
  next(type: string): Promise<SentEvent> {
    return until(() => this.events.find(({ event }) => event === type), {
      timeoutMs: 30_000,
      what: `the event ${type}`,
    });
  }

  end(): Promise<true> {
    return until(() => this.ended, { timeoutMs: 30_000, what: 'the end of the stream' });
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]));
    this.lastId = fields.get('id') ?? this.lastId;
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({
      event: fields.get('event') ?? 'message',
      id: this.lastId,
      data: JSON.parse(data) as SentEvent['data'],
    });
  }
}
