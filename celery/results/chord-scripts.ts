import type { Redis } from 'ioredis';

/** In place of the members added (`.t`) of a chord that is over: no count is ever so large, so Celery fires no second body. */
const OVER = '1000000000';

/**
 * KEYS c s t begun j d added; ARGV size, seconds to live (0: for ever), beginner ('' for none). Celery's `set_chord_size` forgets that the
 * chord is over, for a frozen chord applied again is a new run; begun again by the same one it is the same run. Python does not say who it is: what it
 * began and a task of ours begins is taken for the same. What a run that failed has left would fail the new one with its first part; a chord
 * that has a size is not over.
 */
const setSize = `
local ckey, skey, tkey, begun, jkey, dkey, added = unpack(KEYS)
local size, ttl, beginner = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local known = redis.call('HGET', begun, 'by')
local held = redis.call('GET', ckey)
if beginner ~= '' and held == 'done' and (not known or known == beginner) then return 0 end
if beginner ~= '' and known == beginner then
  redis.call('HINCRBY', begun, 'times', 1)
else
  redis.call('DEL', ckey, begun)
  if redis.call('GET', tkey) == '${OVER}' then redis.call('DEL', tkey) end
  if (held or known or beginner == '') and redis.call('EXISTS', skey) == 0 then redis.call('DEL', jkey, tkey, dkey, added) end
  if beginner ~= '' then redis.call('HSET', begun, 'by', beginner, 'times', 1) end
end
redis.call('SET', skey, size)
if ttl > 0 then
  redis.call('EXPIRE', skey, ttl)
  redis.call('EXPIRE', begun, ttl)
end
return 1`;

/** KEYS c t added; ARGV who is added, seconds to live. The same one is added once; to a chord that is over nobody. */
const add = `
local ckey, tkey, added = unpack(KEYS)
local ttl = tonumber(ARGV[2])
if redis.call('GET', ckey) == 'done' or redis.call('SADD', added, ARGV[1]) == 0 then return 0 end
redis.call('INCR', tkey)
if ttl > 0 then
  redis.call('EXPIRE', tkey, ttl)
  redis.call('EXPIRE', added, ttl)
end
return 1`;

/**
 * KEYS j t s d g c due heritage begun; ARGV task id, how its part begins, part, score, seconds to live (0: for ever), seconds of the
 * claim, token, group id, heritage ('' for none), epoch seconds at which others take over, '1' to begin a sorted set and not a list.
 *
 * A part counts once per task and place. That a Celery before 5.7 has counted it is not in `.d` but seen in `.j`; the list
 * of an application without `result_chord_ordered` stays one, and what others began as a set stays a set. Whoever makes the chord complete, or comes back after the right
 * to fire has expired, gets all it needs to fire the body in the same answer.
 */
const returnPart = `
local jkey, tkey, skey, dkey, gkey, ckey, due, heritage, begun = unpack(KEYS)
local task, opening, part, score = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local ttl, lease, token = tonumber(ARGV[5]), ARGV[6], ARGV[7]
local group, left, takeover, ordered = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local function forget() redis.call('ZREM', due, group) redis.call('HDEL', heritage, group) end

if redis.call('GET', ckey) == 'done' then
  forget()
  return {'counted'}
end

local place = task .. ':' .. score
local kept_as = redis.call('TYPE', jkey).ok
local is_list = kept_as == 'list' or (kept_as == 'none' and ordered ~= '1')
local is_repeat = redis.call('SISMEMBER', dkey, place) == 1
if not is_repeat and not is_list then
  for _, known in ipairs(redis.call('ZRANGEBYSCORE', jkey, score, score)) do
    if string.sub(known, 1, #opening) == opening then is_repeat = true end
  end
end
if not is_repeat then
  if is_list then redis.call('RPUSH', jkey, part) else redis.call('ZADD', jkey, score, part) end
end
redis.call('SADD', dkey, place)
if ttl > 0 then
  for _, key in ipairs({jkey, tkey, skey, dkey, gkey}) do redis.call('EXPIRE', key, ttl) end
end

local size = redis.call('GET', skey)
if not size then
  forget()
  return {'counted'}
end
local count = is_list and redis.call('LLEN', jkey) or redis.call('ZCARD', jkey)
if count ~= tonumber(size) + tonumber(redis.call('GET', tkey) or 0) then return {'counted'} end
if not redis.call('SET', ckey, token, 'NX', 'EX', lease) then
  return {'claimed', tostring(redis.call('PTTL', ckey))}
end
if left ~= '' then
  redis.call('ZADD', due, takeover, group)
  redis.call('HSET', heritage, group, left)
end
local parts = is_list and redis.call('LRANGE', jkey, 0, -1) or redis.call('ZRANGE', jkey, 0, -1)
local seen = 'first'
if tonumber(redis.call('HGET', begun, 'times') or 0) > 1 then seen = 'begun again' end
if is_repeat then seen = 'repeat' end
return {'complete', seen, redis.call('GET', gkey) or '', parts}`;

/** KEYS c s due; ARGV token, seconds, group id, epoch seconds of the takeover. An expired right may be taken again while the chord is there and nobody else has it. */
const prolong = `
local holder = redis.call('GET', KEYS[1])
if holder ~= ARGV[1] and (holder or redis.call('EXISTS', KEYS[2]) == 0) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZADD', KEYS[3], 'XX', ARGV[4], ARGV[3])
return 1`;

/**
 * KEYS c j t s d due heritage begun added; ARGV token, seconds for which late copies are recognised, the same for a chord that
 * may be begun again, group id. A step that Python runs again forgets `.c`, so such a chord also gets a size it never reaches.
 */
const fired = `
local ckey, tkey, begun = KEYS[1], KEYS[3], KEYS[8]
local late, again, group = ARGV[2], ARGV[3], ARGV[4]
local holder = redis.call('GET', ckey)
if holder and holder ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2], tkey, KEYS[4], KEYS[5], KEYS[9])
if redis.call('EXPIRE', begun, again) == 1 then
  redis.call('SET', ckey, 'done', 'EX', again)
  redis.call('SET', tkey, '${OVER}', 'EX', late)
else redis.call('SET', ckey, 'done', 'EX', late) end
redis.call('ZREM', KEYS[6], group)
redis.call('HDEL', KEYS[7], group)
return 1`;

/**
 * KEYS c s due heritage begun; ARGV as for `fired`. The parts stay, as Celery's do; that it is over is kept where it is known who
 * began it: another one, as a task that is replayed, may begin it anew.
 */
const failed = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('SET', KEYS[1], 'done', 'EX', ARGV[3]) end
redis.call('ZREM', KEYS[3], ARGV[4])
redis.call('HDEL', KEYS[4], ARGV[4])
return 1`;

/** KEYS due heritage; ARGV epoch seconds now, epoch seconds until which nobody else is to look at these. A few at a time. */
const orphans = `
local groups = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 20)
local found = {}
for _, group in ipairs(groups) do
  local left = redis.call('HGET', KEYS[2], group)
  if left then
    redis.call('ZADD', KEYS[1], ARGV[2], group)
    found[#found + 1] = left
  else redis.call('ZREM', KEYS[1], group) end
end
return found`;

/**
 * The steps of a chord as single commands, on the keys of celery/backends/redis.py: results `.j`, added members `.t`, size `.s`,
 * what was counted `.d`, the right to fire `.c`. They mean the same to Celery 5.7, which has such scripts of its own; older
 * releases know `.j`, `.t` and `.s` only. For ioredis' option `scripts`.
 */
export const chordScripts = {
  chordSetSize: { lua: setSize, numberOfKeys: 7 },
  chordAdd: { lua: add, numberOfKeys: 3 },
  chordReturnPart: { lua: returnPart, numberOfKeys: 9 },
  chordProlong: { lua: prolong, numberOfKeys: 3 },
  chordFired: { lua: fired, numberOfKeys: 9 },
  chordFailed: { lua: failed, numberOfKeys: 5 },
  chordOrphans: { lua: orphans, numberOfKeys: 2 },
};

export type PartReply =
  | readonly ['counted']
  | readonly ['claimed', milliseconds: string]
  | readonly ['complete', seen: 'first' | 'begun again' | 'repeat', header: string, parts: readonly string[]];

/** A connection made with {@link chordScripts}. */
export interface ChordRedis extends Redis {
  /** @returns 0 when the chord is over, and stays so. */
  chordSetSize(keys: readonly string[], ...args: readonly (string | number)[]): Promise<number>;
  /** @returns 0 when it has been added before, or the chord is over. */
  chordAdd(keys: readonly string[], ...args: readonly (string | number)[]): Promise<number>;
  chordReturnPart(keys: readonly string[], ...args: readonly (string | number)[]): Promise<PartReply>;
  /** @returns 0 when the right is another's. */
  chordProlong(keys: readonly string[], ...args: readonly (string | number)[]): Promise<number>;
  /** @returns 0 when the right was another's by then: the keys are left to it. */
  chordFired(keys: readonly string[], ...args: readonly (string | number)[]): Promise<number>;
  /** @returns 0 when the right was another's by then. */
  chordFailed(keys: readonly string[], ...args: readonly (string | number)[]): Promise<number>;
  chordOrphans(keys: readonly string[], now: number, until: number): Promise<readonly string[]>;
}
