/** One line of a stream of lines. */
export type Line =
  | { readonly number: number; readonly content: Buffer }
  /** It was longer than the limit and was passed over. */
  | { readonly number: number; readonly content: undefined };

const LINE_FEED = 0x0a;

/** Space, tab, carriage return: what may stand around a JSON text in a line. */
const isBlank = (content: Buffer): boolean =>
  content.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/**
 * The lines of a stream of bytes, numbered from 1. Empty ones are counted and left out; the last one needs no line feed. Holds
 * one line at a time: whoever is slow to take the next one holds the stream up.
 */
export async function* ndjsonLines(
  chunks: AsyncIterable<Buffer>,
  limitBytes: number,
): AsyncGenerator<Line, void> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const finished = (): Line | undefined => {
    const whole = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    const tooLong = bytes > limitBytes;
    parts = [];
    bytes = 0;
    if (tooLong) return { number, content: undefined };
    return isBlank(whole) ? undefined : { number, content: whole };
  };
  const keep = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= limitBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      keep(chunk.subarray(from, end));
      from = end + 1;
      const line = finished();
      if (line !== undefined) yield line;
      number += 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
  const last = finished();
  if (last !== undefined) yield last;
}
