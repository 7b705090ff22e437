import { TokenBucket } from './token-bucket';

export interface RateLimitsDeps<T> {
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  /** The limit of a task in tasks per second, as it is now; 0 is none. */
  readonly rateOf: (task: string) => number;
  /** Takes a task on whose turn has come. */
  readonly release: (task: T) => void;
}

interface Lane<T> {
  bucket: TokenBucket;
  waiting: T[];
  timer: NodeJS.Timeout | undefined;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
/** Timers fire a moment early, and a token that is short of one by rounding would cost another timer. */
const GRACE_MS = 1;

/**
 * Rate limits per task name in this worker (celery/worker/consumer/consumer.py `_limit_task`): what must wait keeps its
 * message and thereby its prefetch slot, and goes on in the order it came.
 */
export class RateLimits<T> {
  private readonly lanes = new Map<string, Lane<T>>();

  constructor(private readonly deps: RateLimitsDeps<T>) {}

  /** Whether the task may go on at once; else it is released later. */
  admit(name: string, task: T): boolean {
    const lane = this.lanes.get(name) ?? this.open(name);
    if (lane === undefined) return true;
    if (lane.waiting.length === 0 && lane.bucket.take(this.deps.monotonic())) return true;
    lane.waiting.push(task);
    this.schedule(lane);
    return false;
  }

  /** A limit was changed: what waits follows the new one (in Python it goes on at the old rate). */
  changed(name: string): void {
    const lane = this.lanes.get(name);
    if (lane === undefined) return;
    clearTimeout(lane.timer);
    this.lanes.delete(name);
    const fresh = this.open(name);
    if (fresh === undefined) {
      for (const task of lane.waiting) this.deps.release(task);
      return;
    }
    fresh.waiting = lane.waiting;
    this.pump(fresh);
  }

  remove(matches: (task: T) => boolean): readonly T[] {
    const removed: T[] = [];
    for (const lane of this.lanes.values()) {
      removed.push(...lane.waiting.filter(matches));
      lane.waiting = lane.waiting.filter((task) => !matches(task));
      if (lane.waiting.length > 0) continue;
      clearTimeout(lane.timer);
      lane.timer = undefined;
    }
    return removed;
  }

  private open(name: string): Lane<T> | undefined {
    const rate = this.deps.rateOf(name);
    if (rate === 0) return undefined;
    const lane: Lane<T> = {
      bucket: new TokenBucket(rate, this.deps.monotonic()),
      waiting: [],
      timer: undefined,
    };
    this.lanes.set(name, lane);
    return lane;
  }

  private pump(lane: Lane<T>): void {
    lane.timer = undefined;
    let next = lane.waiting[0];
    while (next !== undefined && lane.bucket.take(this.deps.monotonic())) {
      lane.waiting.shift();
      this.deps.release(next);
      next = lane.waiting[0];
    }
    if (next !== undefined) this.schedule(lane);
  }

  private schedule(lane: Lane<T>): void {
    if (lane.timer !== undefined) return;
    const wait = lane.bucket.waitMs(this.deps.monotonic());
    lane.timer = setTimeout(() => this.pump(lane), Math.min(Math.ceil(wait) + GRACE_MS, MAX_TIMER_MS));
  }
}
