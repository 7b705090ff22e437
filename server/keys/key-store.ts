import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import { keyedHash } from '../security/key-hash';
import type { KeyStorage } from '../security/key-storage';
import { newKeyId, newKeyText } from '../security/key-text';
import { MAX_SECRETS, type StoredKey, type StoredSecret } from '../security/stored-key';

/** What a new key may do; times are epoch milliseconds. */
export type KeyRequest = Omit<StoredKey, 'id' | 'secrets' | 'createdAt' | 'revokedAt' | 'environment'> & {
  readonly id?: string | undefined;
  readonly environment: string;
};

/** A key with its text, which exists only here and now. */
export interface IssuedKey {
  readonly key: StoredKey;
  readonly text: string;
}

export interface KeyStoreDeps {
  readonly storage: Pick<KeyStorage, 'change'>;
  /** The pepper of the hashes; made when it is asked for the first time. */
  readonly pepper: () => string;
  readonly clock: Pick<Clock, 'now'>;
}

/** Makes, rotates and revokes keys where they are kept. Who holds that place holds no key: it has keyed hashes only. */
export class KeyStore {
  constructor(private readonly deps: KeyStoreDeps) {}

  /** @throws GatewayError KEY_EXISTS. */
  create(request: KeyRequest): Promise<IssuedKey> {
    const { id = newKeyId(), ...fields } = request;
    const text = newKeyText(request.environment, id);
    const key: StoredKey = {
      ...fields,
      id,
      createdAt: this.deps.clock.now(),
      secrets: [this.hashed(text)],
    };
    return this.deps.storage.change((keys) => {
      if (keys.some((known) => known.id === id))
        throw new GatewayError('KEY_EXISTS', `There is a key with the id ${id}.`);
      return { keys: [...keys, key], told: { key, text } };
    });
  }

  /** Takes keys over as they are; all or none. @throws GatewayError KEY_EXISTS. */
  add(more: readonly StoredKey[]): Promise<void> {
    return this.deps.storage.change((keys) => {
      const taken = more.find(({ id }) => keys.some((known) => known.id === id));
      if (taken !== undefined)
        throw new GatewayError('KEY_EXISTS', `There is a key with the id ${taken.id}.`);
      return { keys: [...keys, ...more], told: undefined };
    });
  }

  /**
   * Gives a key a new secret; the one it had stays good for `overlapMs`, so that callers can change over without an outage.
   * @throws GatewayError KEY_NOT_FOUND.
   */
  async rotate(id: string, overlapMs: number): Promise<IssuedKey> {
    const until = this.deps.clock.now() + overlapMs;
    return this.deps.storage.change((keys) => {
      const known = found(keys, id);
      const environment = known.environment ?? 'live';
      const text = newKeyText(environment, id);
      // A key of the first form cannot keep its old secret beside one of today's: the two are hashed differently.
      const old = known.secrets
        .filter(({ algorithm }) => algorithm === 'hmac-sha256')
        .slice(0, MAX_SECRETS - 1);
      const key: StoredKey = {
        ...known,
        environment,
        secrets: [this.hashed(text), ...old.map((secret) => ending(secret, until))],
      };
      return { keys: replaced(keys, key), told: { key, text } };
    });
  }

  /**
   * Makes a key useless at once; its entry stays, so that its name in the audit log keeps a meaning. Once revoked it stays so.
   * @throws GatewayError KEY_NOT_FOUND.
   */
  async revoke(id: string): Promise<StoredKey> {
    return this.deps.storage.change((keys) => {
      const known = found(keys, id);
      const key = { ...known, revokedAt: known.revokedAt ?? this.deps.clock.now() };
      return { keys: replaced(keys, key), told: key };
    });
  }

  private hashed(text: string): StoredSecret {
    return { algorithm: 'hmac-sha256', hash: keyedHash(this.deps.pepper(), text).toString('hex') };
  }
}

function found(keys: readonly StoredKey[], id: string): StoredKey {
  const key = keys.find((known) => known.id === id);
  if (key === undefined) throw new GatewayError('KEY_NOT_FOUND', `No key has the id ${id}.`);
  return key;
}

function replaced(keys: readonly StoredKey[], key: StoredKey): readonly StoredKey[] {
  return keys.map((known) => (known.id === key.id ? key : known));
}

function ending(secret: StoredSecret, until: number): StoredSecret {
  return { ...secret, expiresAt: Math.min(secret.expiresAt ?? until, until) };
}
