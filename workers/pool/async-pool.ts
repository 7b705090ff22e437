import { Fifo } from './fifo';

export interface AsyncPoolOptions<T> {
  /** How many tasks run at a time. */
  readonly concurrency: number;
  /**
   * How many ended tasks may still be settling (result, next step, ack) before new ones start. Settling holds no slot,
   * so that waiting for the broker costs no concurrency; the limit keeps memory bounded when the broker is slow.
   */
  readonly maxSettling: number;
  /** Starts a task in the slot it was given; the task gives it back with `release()`. Must not throw. */
  readonly start: (task: T) => void;
}

/** Slots, and a queue of what waits for one: which task runs when, on the event loop or in threads. Knows nothing of tasks. */
export class AsyncPool<T> {
  private readonly waiting = new Fifo<T>();
  private running = 0;
  private settling = 0;
  private limit: number;
  private paused: boolean = false;
  private pumping: boolean = false;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: AsyncPoolOptions<T>) {
    this.limit = options.concurrency;
  }

  get concurrency(): number {
    return this.limit;
  }

  get activeCount(): number {
    return this.running;
  }

  /** Running or waiting for a slot. */
  get load(): number {
    return this.running + this.waiting.size;
  }

  get reserved(): readonly T[] {
    return this.waiting.toArray();
  }

  submit(task: T): void {
    this.waiting.push(task);
    this.pump();
  }

  /** The code of a task has ended: its slot is free, its settling begins. */
  release(): void {
    this.running -= 1;
    this.settling += 1;
  }

  /** All side effects of an ended task are done. */
  settled(): void {
    this.settling -= 1;
    this.pump();
    if (this.isIdle) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /** Takes tasks out that have not started. */
  removeWaiting(matches: (task: T) => boolean): readonly T[] {
    return this.waiting.remove(matches);
  }

  /** Starts nothing more; what runs goes on. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.pump();
  }

  /** Changes the number of slots, at least 1; running tasks are not touched. Returns the new number. */
  resize(concurrency: number): number {
    this.limit = Math.max(1, concurrency);
    this.pump();
    return this.limit;
  }

  /** Resolves when nothing runs or settles. */
  async idle(): Promise<void> {
    if (this.isIdle) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private get isIdle(): boolean {
    return this.running === 0 && this.settling === 0;
  }

  /** Not re-entrant: a task that ends within `start` must not start the next one a stack frame deeper. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (!this.paused && this.running < this.limit && this.settling < this.options.maxSettling) {
      const next = this.waiting.shift();
      if (next === undefined) break;
      this.running += 1;
      this.options.start(next);
    }
    this.pumping = false;
  }
}
