import type { TaskMeta } from '../protocol';
import type { WaitOptions } from './result-backend';

type Settle = (meta: TaskMeta | null) => void;

/** Those who wait for a task's ready state. Each leaves by its result, its timeout, its signal, or {@link release}. */
export class ResultWaiters {
  readonly #byTask = new Map<string, Set<Settle>>();

  /** Number of tasks waited for. */
  get size(): number {
    return this.#byTask.size;
  }

  /** Ids of the tasks waited for. */
  tasks(): readonly string[] {
    return [...this.#byTask.keys()];
  }

  has(taskId: string): boolean {
    return this.#byTask.has(taskId);
  }

  /**
   * @returns the ready meta, or null when the time is over or the waiters were released.
   * @throws the signal's reason when it aborts.
   */
  wait(taskId: string, { timeoutMs, signal }: WaitOptions): Promise<TaskMeta | null> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#remove(taskId, settle);
      };
      const settle: Settle = (meta) => {
        leave();
        resolve(meta);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(settle, timeoutMs, null);
      signal?.addEventListener('abort', onAbort, { once: true });
      const waiting = this.#byTask.get(taskId);
      if (waiting) waiting.add(settle);
      else this.#byTask.set(taskId, new Set([settle]));
    });
  }

  /** Hands a ready meta to all who wait for its task; null lets them go without. */
  settle(taskId: string, meta: TaskMeta | null): void {
    for (const settle of [...(this.#byTask.get(taskId) ?? [])]) settle(meta);
  }

  /** Lets everybody go with null: the store stops. */
  release(): void {
    for (const waiting of [...this.#byTask.values()]) for (const settle of [...waiting]) settle(null);
  }

  #remove(taskId: string, settle: Settle): void {
    const waiting = this.#byTask.get(taskId);
    waiting?.delete(settle);
    if (waiting?.size === 0) this.#byTask.delete(taskId);
  }
}
