/** A key of AES-256 and the id envelopes name it by. */
export interface EncryptionKey {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Buffer;
}

const KEY_BYTES = 32;
const LINE = /^(?<id>[\w.-]{1,64}):(?<secret>[A-Za-z0-9+/_-]+={0,2})$/;

/**
 * Keys as `id:base64`, separated by commas, spaces or lines; the newest, which encrypts, comes first.
 * @throws Error that names what is wrong and no secret.
 */
export function parseEncryptionKeys(text: string): readonly EncryptionKey[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(keyOf);
  if (keys.length === 0) throw new Error('holds no key');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error('names two keys alike');
  return keys;
}

function keyOf(entry: string, index: number): EncryptionKey {
  const { id = '', secret = '' } = LINE.exec(entry)?.groups ?? {};
  const bytes = Buffer.from(secret, 'base64');
  if (id === '' || bytes.length !== KEY_BYTES)
    throw new Error(`key ${index + 1} is not id:base64 of ${KEY_BYTES} bytes`);
  return { id, secret: bytes };
}
