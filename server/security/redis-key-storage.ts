import { randomUUID, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '../../runtime';
import { GatewayError } from '../errors';
import { keyedHash } from './key-hash';
import type { KeyChange, KeyStorage } from './key-storage';
import { type StoredKey, storedKeyJson } from './stored-key';
import { storedKeys } from './stored-keys';

/** What is used of a Redis client. Its commands must fail soon while Redis is away. */
export interface KeyRedis {
  call(command: string, ...args: string[]): Promise<unknown>;
}

export interface RedisKeyStorageOptions {
  readonly redis: KeyRedis;
  /** Name of the Redis hash that has them. */
  readonly name: string;
  /** The same for all gateways; it is never in Redis. */
  readonly pepper: string;
}

const SETTING = 'GATEWAY_API_KEYS_REDIS_URL';
/** Somebody else changing keys at the very same time is rare, this often in a row is a fault. */
const MAX_ATTEMPTS = 200;

/** Writes only over what was read: the version is another one after each change. */
const SWAP = `if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'keys', ARGV[3], 'seal', ARGV[4])
return 1`;

interface Held {
  /** Empty: nothing is kept yet. */
  readonly version: string;
  readonly keys: readonly StoredKey[];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Keys in one Redis hash: the array as the file has it, a version that is new with each change, and a seal under the pepper.
 * Redis is often open to more programs than gateways: whoever can write to it but has no pepper can neither make a key nor
 * give one more scopes, only take keys away or put an older state back.
 */
export class RedisKeyStorage implements KeyStorage {
  private hadKeys: boolean = false;

  constructor(private readonly options: RedisKeyStorageOptions) {}

  async read(): Promise<readonly StoredKey[]> {
    const { version, keys } = await this.held();
    // Emptied, evicted, or another Redis: no reason to lock everybody out.
    if (version === '' && this.hadKeys) throw problem('has no keys any more');
    this.hadKeys ||= version !== '';
    return keys;
  }

  async change<T>(change: KeyChange<T>): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const before = await this.held();
      const { keys, told } = change(before.keys);
      const version = randomUUID();
      const content = JSON.stringify(keys.map(storedKeyJson));
      const seal = this.sealOf(version, content).toString('hex');
      const args = [SWAP, '1', this.options.name, before.version, version, content, seal];
      if ((await this.call('EVAL', ...args)) === 1) return told;
    }
    throw new GatewayError('KEYS_UNAVAILABLE', 'The API keys are changed by others all the time.');
  }

  async stamp(): Promise<string> {
    return text(await this.call('HGET', this.options.name, 'version'));
  }

  private async held(): Promise<Held> {
    const fields = await this.call('HMGET', this.options.name, 'version', 'keys', 'seal');
    const [version, content, seal] = (Array.isArray(fields) ? fields : []).map(text);
    if (version === undefined || version === '') return { version: '', keys: [] };
    const expected = this.sealOf(version, content ?? '');
    const given = Buffer.from(seal ?? '', 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw problem('has keys that were not written with this GATEWAY_KEY_PEPPER');
    return { version, keys: storedKeys(content ?? '', SETTING) };
  }

  private sealOf(version: string, content: string): Buffer {
    return keyedHash(this.options.pepper, `api-keys ${this.options.name} ${version} ${content}`);
  }

  private async call(command: string, ...args: string[]): Promise<unknown> {
    try {
      return await this.options.redis.call(command, ...args);
    } catch (cause) {
      throw new GatewayError('KEYS_UNAVAILABLE', 'Redis, which keeps the API keys, does not answer.', {
        cause,
      });
    }
  }
}

function problem(detail: string): ConfigError {
  return new ConfigError([{ setting: SETTING, detail }]);
}
