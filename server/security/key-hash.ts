import { createHash, createHmac, hash } from 'node:crypto';

/** SHA-256 in one call where Node has it (20.12): half the cost of a hash object. */
export function sha256(text: string): Buffer {
  return hash === undefined ? createHash('sha256').update(text).digest() : hash('sha256', text, 'buffer');
}

/**
 * HMAC-SHA-256 of a whole key. The pepper is kept apart from the keys' file, so that the file alone does not even let a
 * guess be checked; and since environment and id are in it, a digest moved to another entry fits no key.
 */
export function keyedHash(pepper: string, key: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest();
}
