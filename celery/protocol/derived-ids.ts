import { createHash } from 'node:crypto';

/**
 * Ids that come out the same each time something is done again: the n-th id of a seed is always that one. In the form of a
 * name-based UUID (RFC 9562, version 5).
 */
export const derivedIds = (seed: string): (() => string) => {
  let count = 0;
  return () => {
    const digest = createHash('sha1').update(`celery-gateway ${seed} ${count++}`).digest();
    digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
    digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
    return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };
};
