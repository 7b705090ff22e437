export interface WaitLimitOptions {
  /** Requests of one caller that may wait. */
  readonly perCaller: number;
  /** Requests of all callers together. */
  readonly total: number;
}

/** Counts requests that wait for something to happen: each holds a connection, and one caller must not hold them all. */
export class WaitLimit {
  private readonly waiting = new Map<string, number>();
  private all = 0;

  constructor(private readonly options: WaitLimitOptions) {}

  /** Waits, counted as the caller's; null at once where there is no room. */
  async during<T>(caller: string, wait: () => Promise<T>): Promise<T | null> {
    const { perCaller, total } = this.options;
    const mine = this.waiting.get(caller) ?? 0;
    if (mine >= perCaller || this.all >= total) return null;
    this.waiting.set(caller, mine + 1);
    this.all += 1;
    try {
      return await wait();
    } finally {
      this.leave(caller);
    }
  }

  private leave(caller: string): void {
    const left = (this.waiting.get(caller) ?? 1) - 1;
    if (left === 0) this.waiting.delete(caller);
    else this.waiting.set(caller, left);
    this.all -= 1;
  }
}
