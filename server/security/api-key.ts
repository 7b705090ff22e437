import { randomBytes } from 'node:crypto';
import { sha256 } from './key-hash';
import { isKeyId, newKeyId } from './key-text';
import { isRole, ROLES, type Role } from './scopes';
import type { StoredKey } from './stored-key';

const HASH = /^[0-9a-f]{64}$/;

/** `id:role:sha256`, the form of GATEWAY_API_KEYS. @throws Error without the value in its text. */
export function parseApiKeyLine(line: string): StoredKey {
  const [id, role, hash = '', ...rest] = line.split(':');
  const digest = hash.toLowerCase();
  if (rest.length > 0 || !isKeyId(id) || !HASH.test(digest))
    throw new Error('holds a key that is not id:role:sha256');
  if (!isRole(role)) throw new Error(`gives key ${id} a role that is not one of ${ROLES.join(', ')}`);
  return { id, role, secrets: [{ algorithm: 'sha256', hash: digest }] };
}

/** A key for GATEWAY_API_KEYS: the text to hand out, once, and the line to store. */
export function createApiKey(role: Role, id = newKeyId()): { readonly key: string; readonly line: string } {
  if (!isKeyId(id)) throw new Error('a key id has 1 to 32 letters and digits');
  const secret = randomBytes(32).toString('base64url');
  return { key: `cgw_${id}_${secret}`, line: `${id}:${role}:${sha256(secret).toString('hex')}` };
}
