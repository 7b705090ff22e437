import { principalOf } from '../security/principal';
import type { StoredKey } from '../security/stored-key';
import type { IssuedKey } from './key-store';
import type { ListedKey } from './service';

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** A key without anything of its secret. */
export function keyView(key: StoredKey): object {
  return {
    id: key.id,
    env: key.environment ?? null,
    description: key.description ?? null,
    role: key.role ?? null,
    scopes: [...principalOf(key).scopes],
    tenant: key.tenant ?? null,
    tasks: key.tasks ?? null,
    queues: key.queues ?? null,
    created_at: iso(key.createdAt),
    not_before: iso(key.notBefore),
    expires_at: iso(key.expiresAt),
    revoked_at: iso(key.revokedAt),
    old_secret_expires_at: iso(key.secrets[1]?.expiresAt),
  };
}

export function keysView(keys: readonly ListedKey[]): object {
  const items = keys.map(({ key, lastUsedAt, managed }) => ({
    ...keyView(key),
    last_used_at: iso(lastUsedAt),
    managed,
  }));
  return { items };
}

export function issuedView({ key, text }: IssuedKey): object {
  return { ...keyView(key), key: text };
}
