import { createHash } from 'node:crypto';

/** Of this project; a version 5 UUID is made of a name space and a name (RFC 9562, section 5.5). */
const NAME_SPACE = Buffer.from('4b1e1f5a8a2f4f0f9a0d6c1d5f2e7b30', 'hex');

/** What a key stands for, in 43 letters: its parts cannot be told from it, and no two lists of parts have the same one. */
export function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** The same UUID each time for the same key and part: a repetition names the same task even where nothing was kept. */
export function derivedId(key: string, part: string): string {
  const bytes = createHash('sha1')
    .update(NAME_SPACE)
    .update(key)
    .update('\0')
    .update(part)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Marked by kind, so that an object is never taken for the list of its members. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['[', ...value.map(canonical)];
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['{', ...entries.map(([key, member]) => [key, canonical(member)])];
}

/** Tells bodies apart by what they say, whatever the order of their members and their white space. */
export function fingerprintOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(body)))
    .digest('base64url');
}
