import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const SEALED = 'sealed:';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** A new signing secret, in the form that receivers' libraries take. */
export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Keeps secrets unreadable to those who can read the broker's streams, where a key is configured. */
export class SecretSeal {
  readonly #key: Buffer | undefined;

  /** @param key any text, the same for all gateways; undefined keeps secrets as they are. */
  constructor(key: string | undefined) {
    this.#key = key === undefined ? undefined : createHash('sha256').update(key).digest();
  }

  /** Whether some key has sealed it. */
  static isSealed(stored: string): boolean {
    return stored.startsWith(SEALED);
  }

  seal(secret: string): string {
    if (this.#key === undefined) return secret;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return SEALED + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** @throws Error for what another key has sealed; its text holds nothing of the secret. */
  open(stored: string): string {
    if (!stored.startsWith(SEALED)) return stored;
    if (this.#key === undefined) throw new Error('the secret is sealed, and WEBHOOKS_SECRETS_KEY is not set');
    const bytes = Buffer.from(stored.slice(SEALED.length), 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }
}
