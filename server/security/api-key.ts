import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isRole, ROLES, type Role } from './scopes';

/** Who calls: what is left of a key once it has been verified. */
export interface Principal {
  readonly id: string;
  readonly role: Role;
}

/** A key as it is stored: the SHA-256 of its secret. The secret has 256 random bits, so a slow hash adds nothing. */
export interface StoredApiKey extends Principal {
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

const KEY = /^cgw_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{43})$/;
const ID = /^[A-Za-z0-9]{1,32}$/;
const HASH = /^[0-9a-f]{64}$/;

function sha256(text: string): Buffer {
  // One call where Node has it (20.12): half the cost of a hash object.
  return hash === undefined ? createHash('sha256').update(text).digest() : hash('sha256', text, 'buffer');
}

/** `id:role:sha256`, the form of GATEWAY_API_KEYS. @throws Error without the value in its text. */
export function parseApiKeyLine(line: string): StoredApiKey {
  const [id, role, digest, ...rest] = line.split(':');
  return storedApiKey({ id, role, hash: digest }, rest.length > 0);
}

/** A key from a line or a JSON object. @throws Error without the value in its text. */
export function storedApiKey(fields: Readonly<Record<string, unknown>>, malformed = false): StoredApiKey {
  const { id, role } = fields;
  const digest = typeof fields.hash === 'string' ? fields.hash.toLowerCase() : '';
  if (malformed || typeof id !== 'string' || !ID.test(id) || !HASH.test(digest)) {
    throw new Error('holds a key that is not id:role:sha256');
  }
  if (!isRole(role)) throw new Error(`gives key ${id} a role that is not one of ${ROLES.join(', ')}`);
  return { id, role, hash: digest };
}

/** A new key: the text to hand out, once, and the line to store. */
export function createApiKey(
  role: Role,
  id = randomBytes(6).toString('hex'),
): { readonly key: string; readonly line: string } {
  if (!ID.test(id)) throw new Error('a key id has 1 to 32 letters and digits');
  const secret = randomBytes(32).toString('base64url');
  return { key: `cgw_${id}_${secret}`, line: `${id}:${role}:${sha256(secret).toString('hex')}` };
}

/** The keys that are known. Holds digests only. */
export class ApiKeys {
  private readonly byId: ReadonlyMap<string, { readonly principal: Principal; readonly digest: Buffer }>;
  /** What an unknown id is compared with, so that it costs the same as a wrong secret. */
  private readonly nobody = randomBytes(32);

  constructor(keys: readonly StoredApiKey[]) {
    const entries = keys.map(({ id, role, hash: digest }) => {
      return [id, { principal: Object.freeze({ id, role }), digest: Buffer.from(digest, 'hex') }] as const;
    });
    this.byId = new Map(entries);
  }

  get size(): number {
    return this.byId.size;
  }

  /** The caller a key belongs to, or undefined; the time it takes does not tell which part was wrong. */
  verify(key: string): Principal | undefined {
    const match = KEY.exec(key);
    const known = match === null ? undefined : this.byId.get(match[1] ?? '');
    const equal = timingSafeEqual(sha256(match?.[2] ?? key), known?.digest ?? this.nobody);
    return equal ? known?.principal : undefined;
  }
}
