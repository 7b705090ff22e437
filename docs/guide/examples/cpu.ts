import { isMainThread } from 'node:worker_threads';
import { defineTask } from 'celery-gateway';

/** Work that never waits. Run with `-P threads`, it holds up neither heartbeats nor remote control. */
export const primes = defineTask('guide.primes', { params: ['below'] }, (_context, { below }) => {
  let count = 0;
  for (let candidate = 2; candidate < Number(below); candidate += 1) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor += 1;
    if (divisor * divisor > candidate) count += 1;
  }
  return { count, inThread: !isMainThread };
});
