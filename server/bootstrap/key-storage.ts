import { Redis } from 'ioredis';
import { ConfigError } from '../../runtime';
import type { ServerConfig } from '../config';
import { FileKeyStorage } from '../security/file-key-storage';
import type { OpenKeyStorage } from '../security/key-storage';
import { RedisKeyStorage } from '../security/redis-key-storage';
import { pepperPath, provideSecret, readSecret } from '../security/secret-file';

/** A revocation, and a start, wait no longer than this for Redis. */
const COMMAND_TIMEOUT_MS = 2000;
const RECONNECT_MS = 1000;

export type KeySettings = Pick<
  ServerConfig,
  | 'GATEWAY_API_KEYS_FILE'
  | 'GATEWAY_API_KEYS_REDIS_URL'
  | 'GATEWAY_API_KEYS_REDIS_NAME'
  | 'GATEWAY_KEY_PEPPER'
>;

const nothing = async (): Promise<void> => undefined;

function onFile(path: string, given: string | undefined): OpenKeyStorage {
  return {
    kind: 'file',
    storage: new FileKeyStorage(path),
    // Read each time: the first keyed hash may be made while the gateway runs.
    pepper: () => given ?? readSecret(pepperPath(path)),
    providePepper: () => given ?? provideSecret(pepperPath(path)),
    start: nothing,
    stop: nothing,
  };
}

function onRedis(
  url: string,
  name: string,
  pepper: string,
  failed: (error: unknown) => void,
): OpenKeyStorage {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    connectTimeout: COMMAND_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => RECONNECT_MS,
  });
  redis.on('error', failed);
  return {
    kind: 'redis',
    storage: new RedisKeyStorage({ redis, name, pepper }),
    pepper: () => pepper,
    providePepper: () => pepper,
    start: () => redis.connect().catch(failed),
    stop: async () => redis.disconnect(),
  };
}

/**
 * Opens the place the settings name; undefined where they name none.
 * @param failed is told of each failure to reach Redis.
 * @throws ConfigError for two places, and for Redis without a pepper.
 */
export function openKeyStorage(
  settings: KeySettings,
  failed: (error: unknown) => void,
): OpenKeyStorage | undefined {
  const {
    GATEWAY_API_KEYS_FILE: path,
    GATEWAY_API_KEYS_REDIS_URL: url,
    GATEWAY_API_KEYS_REDIS_NAME: name,
    GATEWAY_KEY_PEPPER: pepper,
  } = settings;
  if (url === undefined) return path === undefined ? undefined : onFile(path, pepper);
  if (path !== undefined)
    throw problem('GATEWAY_API_KEYS_FILE', 'cannot be set together with GATEWAY_API_KEYS_REDIS_URL');
  if (pepper === undefined)
    throw problem('GATEWAY_KEY_PEPPER', 'is needed with GATEWAY_API_KEYS_REDIS_URL: it must not be in Redis');
  return onRedis(url, name, pepper, failed);
}

function problem(setting: string, detail: string): ConfigError {
  return new ConfigError([{ setting, detail }]);
}
