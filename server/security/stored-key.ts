import { isKeyEnvironment, isKeyId } from './key-text';
import { isRole, isScope, ROLES, type Role, type Scope } from './scopes';

/** One of the secrets of a key, hashed. */
export interface StoredSecret {
  /** `sha256` is of the secret alone: keys of the first release. */
  readonly algorithm: 'hmac-sha256' | 'sha256';
  /** 64 hexadecimal digits. */
  readonly hash: string;
  /** Epoch milliseconds from which on it is refused: the old secret after a rotation. */
  readonly expiresAt?: number | undefined;
}

/** A key as it is stored. Times are epoch milliseconds here and RFC 3339 in the file. */
export interface StoredKey {
  readonly id: string;
  /** `live`, `test`…; undefined in keys of the first release. */
  readonly environment?: string | undefined;
  readonly description?: string | undefined;
  readonly role?: Role | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly tenant?: string | undefined;
  /** Globs of task names. */
  readonly tasks?: readonly string[] | undefined;
  /** Globs of queue names. */
  readonly queues?: readonly string[] | undefined;
  readonly createdAt?: number | undefined;
  readonly notBefore?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly revokedAt?: number | undefined;
  /** The newest first; two while a rotation overlaps. */
  readonly secrets: readonly StoredSecret[];
}

const HASH = /^[0-9a-f]{64}$/;
/** Names of tenants go into a message header and into the audit log. */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const GLOB = /^[A-Za-z0-9_.:@/*-]{1,255}$/;
const MAX_GLOBS = 100;
/** More than two would be a key that is shared instead of rotated. */
export const MAX_SECRETS = 2;

export function isTenant(value: unknown): value is string {
  return typeof value === 'string' && TENANT.test(value);
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function time(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`has a ${name} that is no RFC 3339 time`);
  return at;
}

function globs(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const wellFormed =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_GLOBS &&
    value.every((item) => typeof item === 'string' && GLOB.test(item));
  if (!wellFormed) throw new Error(`has ${name} that are not 1 to ${MAX_GLOBS} names or globs with *`);
  return value as readonly string[];
}

function scopes(value: unknown): readonly Scope[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(isScope)) throw new Error('has scopes that are not known');
  return value;
}

function digest(value: unknown): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!HASH.test(text)) throw new Error('holds a key whose hash is not 64 hexadecimal digits');
  return text;
}

function secret(value: unknown): StoredSecret {
  if (!isFields(value)) throw new Error('has a secret that is not an object');
  return {
    algorithm: 'hmac-sha256',
    hash: digest(value.hmac_sha256),
    expiresAt: time(value, 'expires_at'),
  };
}

function secrets(fields: Fields): readonly StoredSecret[] {
  if (fields.secrets === undefined) return [{ algorithm: 'sha256', hash: digest(fields.hash) }];
  if (!Array.isArray(fields.secrets) || fields.secrets.length > MAX_SECRETS)
    throw new Error(`has secrets that are not a list of at most ${MAX_SECRETS}`);
  return fields.secrets.map(secret);
}

/** A key from a JSON object: today's form, or `{id, role, hash}` of the first release. @throws Error that quotes no value but the id. */
export function storedKey(value: unknown): StoredKey {
  const fields: Fields = isFields(value) ? value : {};
  const { id, role, env, tenant, description } = fields;
  if (!isKeyId(id)) throw new Error('holds a key whose id is not 1 to 32 letters and digits');
  if (env !== undefined && !isKeyEnvironment(env)) throw new Error(`gives key ${id} an env that is no name`);
  if (role !== undefined && role !== null && !isRole(role))
    throw new Error(`gives key ${id} a role that is not one of ${ROLES.join(', ')}`);
  if (tenant !== undefined && !isTenant(tenant)) throw new Error(`gives key ${id} a tenant that is no name`);
  const stored: StoredKey = {
    id,
    environment: env as string | undefined,
    description: typeof description === 'string' ? description : undefined,
    role: role ?? undefined,
    scopes: scopes(fields.scopes),
    tenant: tenant as string | undefined,
    tasks: globs(fields, 'tasks'),
    queues: globs(fields, 'queues'),
    createdAt: time(fields, 'created_at'),
    notBefore: time(fields, 'not_before'),
    expiresAt: time(fields, 'expires_at'),
    revokedAt: time(fields, 'revoked_at'),
    secrets: secrets(fields),
  };
  if (stored.role === undefined && stored.scopes === undefined)
    throw new Error(`gives key ${id} neither a role nor scopes`);
  return stored;
}

const iso = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

/** The same as the file keeps it; members that say nothing are left out by JSON. */
export function storedKeyJson(key: StoredKey): object {
  const { environment, createdAt, notBefore, expiresAt, revokedAt, secrets: hashed, ...same } = key;
  const times = {
    created_at: iso(createdAt),
    not_before: iso(notBefore),
    expires_at: iso(expiresAt),
    revoked_at: iso(revokedAt),
  };
  const [only] = hashed;
  if (only?.algorithm === 'sha256') return { ...same, ...times, hash: only.hash };
  return {
    ...same,
    env: environment,
    ...times,
    secrets: hashed.map((one) => ({ hmac_sha256: one.hash, expires_at: iso(one.expiresAt) })),
  };
}
