import { setTimeout as sleep } from 'node:timers/promises';

/** Timers are late by a millisecond or more. So much is made up for, else rates above some hundred would not be reached. */
const LATE_MS = 20;

/** Lets one through each 1/rate seconds; without a rate at once. What was missed by more than a timer's delay is not made up for. */
export class Pacer {
  private nextAt: number | undefined;

  constructor(
    private readonly ratePerSecond: number | undefined,
    private readonly monotonic: () => number,
  ) {}

  /** Undefined when there is nothing to wait for. Ends early when the signal aborts. */
  turn(signal: AbortSignal): Promise<void> | undefined {
    if (this.ratePerSecond === undefined) return undefined;
    const now = this.monotonic();
    const at = Math.max(this.nextAt ?? now, now - LATE_MS);
    this.nextAt = at + 1000 / this.ratePerSecond;
    return at <= now ? undefined : sleep(at - now, undefined, { signal }).catch(() => undefined);
  }
}
