import { READY_STATES, statePrecedence, type TaskMeta } from '../protocol';
import { BoundedIndex } from '../streams';

interface Held {
  readonly meta: TaskMeta;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface ResultIndexLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/**
 * The latest state of each task, bounded by number, bytes and age; the oldest go first.
 *
 * Until a task is ready the latest message counts, as in celery/backends/rpc.py. Ready states are final, but for one
 * thing: a redelivered task may end twice, and then the state of higher precedence stands (celery/states.py).
 */
export class ResultIndex {
  readonly #entries: BoundedIndex<string, Held>;
  readonly #limits: ResultIndexLimits;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: ResultIndexLimits) {
    this.#limits = limits;
    this.#entries = new BoundedIndex(limits.maxEntries, (_taskId, held) => {
      this.#bytes -= held.bytes;
      this.#dropped += 1;
    });
  }

  /** Tasks whose state had to make room for others'. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of the result bodies held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(taskId: string, now: number): TaskMeta | undefined {
    const held = this.#entries.get(taskId);
    return held !== undefined && now - held.at <= this.#limits.maxAgeMs ? held.meta : undefined;
  }

  /** @returns whether this became the task's state. */
  put(meta: TaskMeta, bytes: number, now: number): boolean {
    const held = this.#entries.get(meta.task_id);
    if (held !== undefined) {
      if (!supersedes(meta.status, held.meta.status)) return false;
      this.#bytes -= held.bytes;
    }
    this.#bytes += bytes;
    this.#entries.set(meta.task_id, { meta, bytes, at: now });
    this.#trim(now);
    return true;
  }

  /** Drops a task's state. */
  remove(taskId: string): void {
    const held = this.#entries.get(taskId);
    if (held === undefined) return;
    this.#bytes -= held.bytes;
    this.#entries.delete(taskId);
  }

  #trim(now: number): void {
    const { maxBytes, maxAgeMs } = this.#limits;
    for (let oldest = this.#entries.oldest(); oldest !== undefined; oldest = this.#entries.oldest()) {
      if (this.#bytes <= maxBytes && now - oldest.at <= maxAgeMs) return;
      this.#entries.dropOldest();
    }
  }
}

const supersedes = (next: string, current: string): boolean => {
  if (!READY_STATES.has(current)) return true;
  return READY_STATES.has(next) && statePrecedence(next) < statePrecedence(current);
};
