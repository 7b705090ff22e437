const CAPACITY = 1;

/**
 * One token at most, refilled at a rate: after a pause one task goes at once, never a burst (kombu/utils/limits.py
 * `TokenBucket`). Times are monotonic milliseconds.
 */
export class TokenBucket {
  private tokens = CAPACITY;

  constructor(
    /** Tokens per second. */
    private readonly rate: number,
    private filledAt: number,
  ) {}

  take(now: number): boolean {
    this.refill(now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Milliseconds until a token is there. */
  waitMs(now: number): number {
    this.refill(now);
    return Math.max(0, ((1 - this.tokens) / this.rate) * 1000);
  }

  private refill(now: number): void {
    this.tokens = Math.min(CAPACITY, this.tokens + (this.rate * (now - this.filledAt)) / 1000);
    this.filledAt = now;
  }
}
