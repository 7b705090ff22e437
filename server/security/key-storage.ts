import type { StoredKey } from './stored-key';

/** Says what the keys become, and what it has to tell about that. Called again where somebody else was faster. */
export type KeyChange<T> = (keys: readonly StoredKey[]) => {
  readonly keys: readonly StoredKey[];
  readonly told: T;
};

/** Where keys are kept for several gateways and the command: a file or Redis. */
export interface KeyStorage {
  /** @throws ConfigError for what is no list of keys; it never quotes it. GatewayError KEYS_UNAVAILABLE. */
  read(): Promise<readonly StoredKey[]>;
  /**
   * Changes the keys: one writer at a time, whole or not at all. Where nothing is kept yet there are no keys.
   * @throws the same, and what `change` throws, with nothing written.
   */
  change<T>(change: KeyChange<T>): Promise<T>;
  /** Another text than before when the keys may have changed. @throws GatewayError KEYS_UNAVAILABLE. */
  stamp(): Promise<string>;
}

/** Name of the Redis hash unless a setting gives another one. */
export const REDIS_KEYS_NAME = 'celery-gateway:api-keys';

/** Where keys that can be changed are kept, and what their hashes are keyed with. */
export interface OpenKeyStorage {
  readonly kind: 'file' | 'redis';
  readonly storage: KeyStorage;
  /** As far as there is one yet. */
  readonly pepper: () => string | undefined;
  /** Makes one where there is none. */
  readonly providePepper: () => string;
  /** Connects, as far as that is needed and possible; not being able to is no failure. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}
