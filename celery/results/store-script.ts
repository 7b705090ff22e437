import type { Redis } from 'ioredis';

/**
 * What celery/backends/base.py `_store_result` and celery/backends/redis.py `set` do in two round trips and a transaction,
 * as one command: a SUCCESS that is there already stays; else the meta is kept for `ARGV[2]` seconds (0: for ever) and
 * published on a channel named as its key. The look and the write are one step, so no other worker gets in between. A stored
 * value that is no JSON is written over.
 */
const lua = `
local stored = redis.call('GET', KEYS[1])
if stored then
  local read, meta = pcall(cjson.decode, stored)
  if read and type(meta) == 'table' and meta.status == 'SUCCESS' then return 0 end
end
if tonumber(ARGV[2]) > 0 then redis.call('SETEX', KEYS[1], ARGV[2], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1]) end
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1`;

/** For ioredis' option of the same name. */
export const scripts = { storeTaskMeta: { lua, numberOfKeys: 1 } };

/** A connection made with {@link scripts}. */
export interface ScriptedRedis extends Redis {
  /** @returns 0 where a SUCCESS was there already. */
  storeTaskMeta(key: string, meta: Buffer, expiresSeconds: number): Promise<number>;
}
