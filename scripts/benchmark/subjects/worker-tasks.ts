import { pbkdf2Sync } from 'node:crypto';
import { defineTask } from '../../../workers';

/** Does nothing: what remains is the cost of the worker itself. */
export const noop = defineTask('bench.noop', { params: [] }, () => null);

export const add = defineTask(
  'bench.add',
  { params: ['x', 'y'] },
  (_context, { x, y }) => Number(x) + Number(y),
);

/** The body of the chord. */
export const total = defineTask('bench.total', { params: ['values'] }, (_context, { values }) =>
  (values as readonly number[]).reduce((sum, value) => sum + value, 0),
);

/** Waits as a task that calls a fast service does. */
export const wait = defineTask('bench.wait', { params: ['ms'] }, async (_context, { ms }) => {
  await new Promise((resolve) => setTimeout(resolve, Number(ms)));
  return null;
});

/** Work in the language itself, the same loop as in python_app.py. */
export const primes = defineTask('bench.primes', { params: ['below'] }, (_context, { below }) => {
  let count = 0;
  for (let candidate = 2; candidate < Number(below); candidate += 1) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor += 1;
    if (divisor * divisor > candidate) count += 1;
  }
  return count;
});

/** The same work for both languages, since OpenSSL does it. */
export const pbkdf2 = defineTask('bench.pbkdf2', { params: ['rounds'] }, (_context, { rounds }) => {
  pbkdf2Sync('password', 'salt', Number(rounds), 32, 'sha256');
  return null;
});

/** Tells the bench that the queue has got this far. */
export const mark = defineTask(
  'bench.mark',
  { params: ['queue', 'name'] },
  async (context, { queue, name }) => {
    await context.publish('', String(queue), name);
  },
);
