/**
 * How many tasks of all batches may await their confirm at the same time. Whoever asks first is served first, so that a large
 * batch does not keep a small one waiting for its end.
 */
export class BatchWindow {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(readonly size: number) {}

  /** Takes a place; undefined where one was free at once, so that nobody awaits what need not be awaited. */
  take(): Promise<void> | undefined {
    if (this.taken < this.size) {
      this.taken += 1;
      return undefined;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Gives a place back: to whoever waits longest. */
  free(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.taken -= 1;
    else next();
  }
}
