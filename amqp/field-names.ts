/** A power of two: a place is found by the low bits of a hash. */
const PLACES = 1024;
const MAX_LENGTH = 40;
const ASCII_END = 0x80;

/**
 * Reads the names of headers. They are the same few in each message, and there are twenty of them in each: a name that was
 * read before is found again by its bytes, which costs a fraction of decoding it. Each name has one place, where the last one
 * stands, so that the names strangers send take no more room.
 */
export class FieldNames {
  readonly #known: string[] = new Array<string>(PLACES).fill('');

  /** The bytes from `start` to `end` as text. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > MAX_LENGTH || end > bytes.length) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= ASCII_END) return bytes.toString('utf8', start, end);
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const place = (hash ^ (hash >>> 10)) & (PLACES - 1);
    const known = this.#known[place] as string;
    if (isAt(known, bytes, start, length)) return known;
    const name = bytes.toString('latin1', start, end);
    this.#known[place] = name;
    return name;
  }
}

const isAt = (name: string, bytes: Buffer, start: number, length: number): boolean => {
  if (name.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (name.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
};
