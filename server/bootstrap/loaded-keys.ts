import { ConfigError, type LifecyclePart, type Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import { GatewayError } from '../errors';
import type { PartHealth } from '../messaging';
import { ChangeWatch, type ChangeWatchOptions } from '../security/file-watch';
import { readKeyFile } from '../security/key-file';
import type { KeyRing } from '../security/key-ring';
import type { OpenKeyStorage } from '../security/key-storage';
import { parseKeyText } from '../security/key-text';
import type { Principal } from '../security/principal';
import type { StoredKey } from '../security/stored-key';
import { openKeyStorage } from './key-storage';

export interface LoadedKeysDeps {
  readonly config: ServerConfig;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly ring: KeyRing;
}

/** The keys in force, kept up to date. */
export interface LoadedKeys {
  readonly kept: OpenKeyStorage | undefined;
  /** Of keys in Redis: not ready until they were read once. Undefined where they are kept elsewhere. */
  readonly health: () => PartHealth | undefined;
  /** @throws GatewayError KEYS_UNAVAILABLE for a key nobody can know before the keys were read. */
  readonly verify: (text: string) => Principal | undefined;
  /** Reads the keys anew, now. @throws ConfigError, GatewayError; the keys known stay. */
  readonly reload: () => Promise<void>;
  readonly parts: readonly LifecyclePart[];
}

function checkPepper(keys: readonly StoredKey[], pepper: string | undefined): void {
  const keyed = keys.some(({ secrets }) => secrets.some(({ algorithm }) => algorithm === 'hmac-sha256'));
  if (!keyed || pepper !== undefined) return;
  throw new ConfigError([
    {
      setting: 'GATEWAY_KEY_PEPPER',
      detail: 'is needed: the key file has keyed hashes, and there is no .pepper file beside it',
    },
  ]);
}

const isOutage = (error: unknown): boolean =>
  error instanceof GatewayError && error.code === 'KEYS_UNAVAILABLE';

/** Reads a key file at once; Redis is read when the parts start. @throws ConfigError for a key file that cannot be used. */
export function loadKeys({ config, logger, ring }: LoadedKeysDeps): LoadedKeys {
  let away: boolean = false;
  const note = (error?: unknown): void => {
    if (away === (error !== undefined)) return;
    away = error !== undefined;
    if (away) logger.warn('Redis with the API keys does not answer; those known stay in force', { error });
    else logger.info('Redis with the API keys answers again');
  };
  const kept = openKeyStorage(config, note);
  let known = kept?.kind !== 'redis';
  const take = (keys: readonly StoredKey[]): void => {
    const pepper = kept?.pepper() ?? config.GATEWAY_KEY_PEPPER;
    checkPepper(keys, pepper);
    ring.load([...keys, ...config.GATEWAY_API_KEYS], pepper);
  };
  const reload = async (): Promise<void> => {
    if (kept === undefined) return;
    take(await kept.storage.read());
    known = true;
  };
  const stamp = async (): Promise<string> => {
    const now = (await kept?.storage.stamp()) ?? '';
    note();
    return now;
  };
  const follow = async (): Promise<void> => {
    try {
      await reload();
      logger.info('the API keys were read anew', { keys: ring.keys.length });
    } catch (error) {
      // Not seen yet: the next look tries again.
      if (isOutage(error)) throw error;
      logger.error('the API keys could not be read anew; those known stay in force', { error });
    }
  };
  const path = config.GATEWAY_API_KEYS_FILE;
  take(path === undefined ? [] : readKeyFile(path));
  return {
    kept,
    verify: (text) => {
      const found = ring.verify(text);
      if (found === undefined && !known && parseKeyText(text) !== undefined)
        throw new GatewayError('KEYS_UNAVAILABLE', 'The API keys could not be read yet.');
      return found;
    },
    health: () =>
      kept?.kind === 'redis'
        ? { ready: known, kind: 'redis', ...(away ? { detail: 'Redis does not answer' } : {}) }
        : undefined,
    reload,
    parts:
      kept === undefined
        ? []
        : [part(kept, follow, { stamp, intervalMs: config.GATEWAY_KEYS_RELOAD_INTERVAL_MS })],
  };
}

function part(
  kept: OpenKeyStorage,
  follow: () => Promise<void>,
  look: Omit<ChangeWatchOptions, 'onChange'>,
): LifecyclePart {
  const watch = new ChangeWatch({ ...look, onChange: follow });
  return {
    name: kept.kind === 'file' ? 'key file' : 'API keys in Redis',
    start: async () => {
      await kept.start();
      await watch.start();
      // After the watch knows what it looks at, or a change in between would be missed.
      await follow().catch(() => undefined);
    },
    stop: async () => {
      await watch.stop();
      await kept.stop();
    },
  };
}
