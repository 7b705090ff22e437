import { Pacer } from '../../../server/queue-contents/pacer';

const ended = AbortSignal.abort();

/** How many are let through at once. */
function passed(pacer: Pacer): number {
  let count = 0;
  while (pacer.turn(ended) === undefined) count += 1;
  return count;
}

describe('Pacer', () => {
  test('lets all through without a rate', () => {
    const pacer = new Pacer(undefined, () => 0);
    expect([1, 2, 3].map(() => pacer.turn(ended))).toEqual([undefined, undefined, undefined]);
  });

  test('lets one through at first, and makes up for what a late timer has missed', () => {
    let now = 1000;
    const pacer = new Pacer(1000, () => now);
    expect(passed(pacer)).toBe(1);
    now += 5;
    // Five are due; the one that was told to wait is the first of them.
    expect(passed(pacer)).toBe(4);
  });

  test('makes up for no more than a timer misses', () => {
    let now = 1000;
    const pacer = new Pacer(1000, () => now);
    passed(pacer);
    now += 60_000;
    expect(passed(pacer)).toBe(21);
    const slow = new Pacer(10, () => now);
    passed(slow);
    now += 60_000;
    expect(passed(slow)).toBe(1);
  });
});
