import { createHash } from 'node:crypto';

/** Steps of Knuth's generator that jump hashing walks. */
const MULTIPLIER = 2_862_933_555_777_941_757n;
const MASK = (1n << 64n) - 1n;

/**
 * Which of `buckets` a key belongs to: jump consistent hashing (Lamping and Veach, 2014) over the first 64 bits of SHA-1. One
 * more bucket moves only its own share of the keys. Anybody can compute the same: docs/guide/messaging.md has it in words.
 */
export function partitionOf(key: string, buckets: number): number {
  let state = createHash('sha1').update(key, 'utf8').digest().readBigUInt64BE(0);
  let bucket = 0;
  for (let next = 0; next < buckets; ) {
    bucket = next;
    state = (state * MULTIPLIER + 1n) & MASK;
    next = Math.floor(((bucket + 1) * 2 ** 31) / (Number(state >> 33n) + 1));
  }
  return bucket;
}
