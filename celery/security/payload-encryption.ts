import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ContentError, type ContentOwner, type ContentProtection, type SerializedContent } from '../protocol';
import type { EncryptionKey } from './encryption-keys';

/** Of the envelope, a JSON text. */
export const ENCRYPTED_CONTENT_TYPE = 'application/vnd.celery-gateway.encrypted+json';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
/** What GCM is made for; random, so one key encrypts at most 2^32 contents. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Envelope {
  readonly v: number;
  /** The key's id. */
  readonly kid: string;
  /** Content type and encoding of what is inside. */
  readonly type: string;
  readonly encoding: string;
  /** Nonce, base64. */
  readonly iv: string;
  /** Ciphertext and tag, base64. */
  readonly data: string;
}

export interface PayloadEncryptionOptions {
  /** The first encrypts, all decrypt; at least one. */
  readonly keys: readonly EncryptionKey[];
  readonly required: boolean;
}

/**
 * Content as an AES-256-GCM envelope. Bound into the tag: the envelope's own fields, and of a task its id and name, so that a
 * body moved to another message is refused. Headers are not encrypted. workers/python/encryption.py is its twin.
 */
export class PayloadEncryption implements ContentProtection {
  readonly hides = true;
  readonly contentType = ENCRYPTED_CONTENT_TYPE;
  readonly required: boolean;
  readonly #newest: EncryptionKey;
  readonly #keys: ReadonlyMap<string, EncryptionKey>;

  constructor({ keys, required }: PayloadEncryptionOptions) {
    const [newest] = keys;
    if (newest === undefined) throw new Error('encryption needs a key');
    this.#newest = newest;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.required = required;
  }

  recognizes(contentType: string | undefined): boolean {
    return contentType === ENCRYPTED_CONTENT_TYPE;
  }

  protect(
    { content, contentType, contentEncoding }: SerializedContent,
    owner: ContentOwner,
  ): SerializedContent {
    const { id, secret } = this.#newest;
    const fields = { v: VERSION, kid: id, type: contentType, encoding: contentEncoding };
    const iv = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, secret, iv).setAAD(associated(fields, owner));
    const data = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    const envelope: Envelope = { ...fields, iv: iv.toString('base64'), data: data.toString('base64') };
    return {
      content: Buffer.from(JSON.stringify(envelope)),
      contentType: ENCRYPTED_CONTENT_TYPE,
      contentEncoding: 'utf-8',
    };
  }

  unprotect(content: Buffer, owner: ContentOwner): SerializedContent {
    const envelope = envelopeIn(content);
    const key = this.#keys.get(envelope.kid);
    if (key === undefined) throw refused(`no key ${envelope.kid.slice(0, 64)}`);
    const data = Buffer.from(envelope.data, 'base64');
    const end = data.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(ALGORITHM, key.secret, Buffer.from(envelope.iv, 'base64'), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(associated(envelope, owner)).setAuthTag(data.subarray(end));
      const plain = Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()]);
      return { content: plain, contentType: envelope.type, contentEncoding: envelope.encoding };
    } catch (cause) {
      throw refused('it was changed, or belongs to another task', cause);
    }
  }
}

const refused = (why: string, cause?: unknown): ContentError =>
  new ContentError('protection_failed', `the content cannot be decrypted: ${why}`, { cause });

/** JSON text: Python's `json.dumps(…, separators=(',', ':'), ensure_ascii=False)` writes the same. */
function associated({ v, kid, type, encoding }: Omit<Envelope, 'iv' | 'data'>, owner: ContentOwner): Buffer {
  const bound = owner.use === 'task' ? [owner.use, owner.id, owner.name] : [owner.use];
  return Buffer.from(JSON.stringify([v, kid, type, encoding, ...bound]));
}

function envelopeIn(content: Buffer): Envelope {
  const value = parsed(content);
  if (typeof value !== 'object' || value === null) throw refused('no envelope');
  const { v, ...texts } = value as Readonly<Record<string, unknown>>;
  const isEnvelope = ['kid', 'type', 'encoding', 'iv', 'data'].every(
    (name) => typeof texts[name] === 'string',
  );
  if (v !== VERSION || !isEnvelope) throw refused('no envelope of version 1');
  return value as Envelope;
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw refused('no envelope', cause);
  }
}
