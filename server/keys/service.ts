import { GatewayError } from '../errors';
import type { Permissions } from '../security/permissions';
import type { Principal } from '../security/principal';
import type { StoredKey } from '../security/stored-key';
import type { IssuedKey, KeyRequest, KeyStore } from './key-store';

/** A key as it is listed. */
export interface ListedKey {
  readonly key: StoredKey;
  /** Epoch milliseconds; undefined: not since this gateway started. */
  readonly lastUsedAt: number | undefined;
  /** Whether it is kept where it can be changed from here. */
  readonly managed: boolean;
}

export interface KeyServiceDeps {
  /** Undefined where neither a file nor Redis is set to keep keys in. */
  readonly store: Pick<KeyStore, 'create' | 'rotate' | 'revoke'> | undefined;
  /** All keys in force here, and when each was used last. */
  readonly ring: { readonly keys: readonly StoredKey[]; readonly uses: ReadonlyMap<string, number> };
  /** Keys that come from the environment. */
  readonly fixed: ReadonlySet<string>;
  readonly permissions: Pick<Permissions, 'checkGrants'>;
  /** Reads the keys anew, so that this gateway knows its own change at once. */
  readonly reload: () => Promise<void>;
}

/** Manages API keys. Nobody can make a key that may do more than their own. */
export class KeyService {
  constructor(private readonly deps: KeyServiceDeps) {}

  list(): readonly ListedKey[] {
    const { ring, fixed } = this.deps;
    return ring.keys.map((key) => ({ key, lastUsedAt: ring.uses.get(key.id), managed: !fixed.has(key.id) }));
  }

  /** @throws GatewayError KEY_EXISTS, KEYS_READ_ONLY, KEYS_UNAVAILABLE, FORBIDDEN for more than the caller may do. */
  async create(request: KeyRequest, caller: Principal | undefined): Promise<IssuedKey> {
    this.deps.permissions.checkGrants(caller, request);
    if (request.id !== undefined && this.deps.fixed.has(request.id))
      throw new GatewayError('KEY_EXISTS', `There is a key with the id ${request.id}.`);
    return this.done(this.store('').create(request));
  }

  /** @throws GatewayError KEY_NOT_FOUND, KEYS_READ_ONLY, KEYS_UNAVAILABLE, FORBIDDEN. */
  async rotate(id: string, overlapMs: number, caller: Principal | undefined): Promise<IssuedKey> {
    this.checkHolder(id, caller);
    return this.done(this.store(id).rotate(id, overlapMs));
  }

  /** @throws GatewayError KEY_NOT_FOUND, KEYS_READ_ONLY, KEYS_UNAVAILABLE, FORBIDDEN. */
  async revoke(id: string, caller: Principal | undefined): Promise<StoredKey> {
    this.checkHolder(id, caller);
    return this.done(this.store(id).revoke(id));
  }

  /** Rotating a key hands out its power as much as making it does. */
  private checkHolder(id: string, caller: Principal | undefined): void {
    const key = this.deps.ring.keys.find((known) => known.id === id);
    if (key !== undefined) this.deps.permissions.checkGrants(caller, key);
  }

  private store(id: string): NonNullable<KeyServiceDeps['store']> {
    const { store, fixed } = this.deps;
    if (store === undefined || fixed.has(id))
      throw new GatewayError('KEYS_READ_ONLY', 'This key is not kept where it could be changed.');
    return store;
  }

  private async done<T>(change: Promise<T>): Promise<T> {
    try {
      const result = await change;
      await this.deps.reload();
      return result;
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      // A disk that is full, a file that is no list of keys: for the log, not for the caller.
      throw new GatewayError('KEYS_UNAVAILABLE', 'Where the keys are kept cannot be read or written.', {
        cause,
      });
    }
  }
}
