import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** Give up after this long. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** What was waited for; the error says it. */
  readonly what?: string;
}

/**
 * Waits for a condition and returns the value that met it: the first result that is neither `undefined`, `null` nor
 * `false`. A throwing check counts as "not yet"; its last error becomes the cause of the timeout.
 */
export const until = async <T>(
  check: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 25, what = 'the condition' }: UntilOptions = {},
): Promise<NonNullable<Exclude<T, false>>> => {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) {
        return value as NonNullable<Exclude<T, false>>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`${what} did not come true within ${timeoutMs} ms`, { cause });
    }
    await sleep(intervalMs);
  }
};
