import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';

interface Counted {
  hits: number;
  /** On the clock that never jumps. */
  endsAt: number;
}

/**
 * Counts requests in windows, each beginning with the first request in it. As express-rate-limit's own store, but for its clock: by
 * the wall clock a window would last an hour longer when that is put back by one, and with it the refusals.
 */
export class CountersInMemory implements Store {
  readonly localKeys = true;
  private readonly counted = new Map<string, Counted>();
  private windowMs = 0;
  private sweeping: NodeJS.Timeout | undefined;

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  init({ windowMs }: Options): void {
    this.windowMs = windowMs;
    clearInterval(this.sweeping);
    this.sweeping = setInterval(() => this.sweep(), windowMs).unref();
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    const now = this.monotonic();
    let counted = this.counted.get(key);
    if (counted === undefined || counted.endsAt <= now) {
      counted = { hits: 0, endsAt: now + this.windowMs };
      this.counted.set(key, counted);
    }
    counted.hits += 1;
    // The library and its headers speak of wall-clock time.
    return { totalHits: counted.hits, resetTime: new Date(Date.now() + counted.endsAt - now) };
  }

  async decrement(key: string): Promise<void> {
    const counted = this.counted.get(key);
    if (counted !== undefined && counted.hits > 0) counted.hits -= 1;
  }

  async resetKey(key: string): Promise<void> {
    this.counted.delete(key);
  }

  shutdown(): void {
    clearInterval(this.sweeping);
    this.counted.clear();
  }

  private sweep(): void {
    const now = this.monotonic();
    for (const [key, { endsAt }] of this.counted) if (endsAt <= now) this.counted.delete(key);
  }
}
