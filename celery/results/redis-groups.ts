import type { Redis } from 'ioredis';
import { parseJson, type ResultTuple, stringifyJson } from '../protocol';
import { groupKeys } from './redis-keys';
import type { GroupStore } from './result-context';

export interface RedisGroupsOptions {
  /** Runs a command on the backend's connection. @throws ConnectionError, retryable, while Redis is away. */
  readonly run: <T>(command: (redis: Redis) => Promise<T>) => Promise<T>;
  /** Time to live in seconds; 0 keeps a group for ever. */
  readonly expiresSeconds: number;
  readonly keyPrefix?: string | undefined;
}

/** Groups under `celery-taskset-meta-<id>`, where Celery keeps them (celery/backends/base.py `_save_group`, `_restore_group`). */
export class RedisGroups implements GroupStore {
  readonly #options: RedisGroupsOptions;
  readonly #keyOf: (groupId: string) => string;

  constructor(options: RedisGroupsOptions) {
    this.#options = options;
    const key = groupKeys(options.keyPrefix);
    this.#keyOf = (groupId) => key(groupId, '');
  }

  async saveGroup(groupId: string, tuple: ResultTuple): Promise<void> {
    const key = this.#keyOf(groupId);
    const text = stringifyJson({ result: tuple });
    const { run, expiresSeconds } = this.#options;
    await run((redis) => {
      const multi = redis.multi();
      if (expiresSeconds > 0) multi.setex(key, expiresSeconds, text);
      else multi.set(key, text);
      return multi.publish(key, text).exec();
    });
  }

  async restoreGroup(groupId: string): Promise<ResultTuple | null> {
    const text = await this.#options.run((redis) => redis.getBuffer(this.#keyOf(groupId)));
    if (text === null) return null;
    return (parseJson(text) as { readonly result: ResultTuple }).result;
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#options.run((redis) => redis.del(this.#keyOf(groupId)));
  }
}
