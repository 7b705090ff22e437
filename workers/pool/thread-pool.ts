import type { Lifecycle, Logger } from '../../runtime';
import type { ThreadSetup } from './thread-protocol';
import { ThreadSlot } from './thread-slot';

export interface ThreadPoolOptions {
  readonly size: number;
  readonly entry: string;
  readonly setup: ThreadSetup;
  /** Names of the tasks this worker takes: each thread must know them. */
  readonly taskNames: readonly string[];
  /** A thread is replaced after so many tasks; null: never. */
  readonly maxTasksPerChild: number | null;
  readonly memoryMb?: number | undefined;
  readonly logger: Logger;
}

/**
 * The threads of a worker. Which task runs when is decided elsewhere (`AsyncPool`); here are only the threads: taken, given
 * back, replaced.
 */
export class ThreadPool implements Lifecycle {
  private readonly idle: ThreadSlot[] = [];
  /** All threads that count; one that is to go when its task ends is not among them any more. */
  private readonly slots = new Set<ThreadSlot>();
  private readonly ending = new Set<Promise<void>>();
  private size: number;
  private stopped: boolean = false;

  constructor(private readonly options: ThreadPoolOptions) {
    this.size = options.size;
  }

  /**
   * Starts all threads and resolves when they have loaded their modules.
   * @throws Error when a module cannot be loaded or a task of this worker is not in it
   */
  async start(): Promise<void> {
    const { taskNames } = this.options;
    const started = Array.from({ length: this.size - this.slots.size }, () => this.spawn());
    const loaded = await Promise.all(started.map((slot) => slot.load()));
    const missing = taskNames.filter((name) => loaded.some((names) => !names.includes(name)));
    if (missing.length > 0) throw new Error(`the task modules lack ${missing.join(', ')}`);
  }

  /** Ends all threads, whatever they do. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const slot of this.slots) this.end(slot);
    this.slots.clear();
    this.idle.length = 0;
    await Promise.all(this.ending);
  }

  /** A thread for one task. */
  take(): ThreadSlot {
    const slot = this.idle.pop();
    if (slot !== undefined) return slot;
    const extra = this.spawn();
    this.idle.pop();
    return extra;
  }

  /** The task has ended by itself. */
  give(slot: ThreadSlot): void {
    const { maxTasksPerChild } = this.options;
    const worn = maxTasksPerChild !== null && slot.tasks >= maxTasksPerChild;
    if (worn || !this.slots.has(slot) || this.slots.size > this.size) this.replace(slot);
    else this.idle.push(slot);
  }

  /** Ends the thread, and what runs in it; a new one takes its place. */
  replace(slot: ThreadSlot): void {
    this.forget(slot);
    this.end(slot);
    while (!this.stopped && this.slots.size < this.size) this.warm(this.spawn());
  }

  /** Changes the number of threads; busy ones go when their task ends. */
  resize(size: number): void {
    this.size = size;
    while (this.slots.size > size && this.idle.length > 0) this.replace(this.idle[0] as ThreadSlot);
    while (this.slots.size < size) this.warm(this.spawn());
  }

  /** New threads with freshly loaded modules; what runs ends in the old ones. */
  restart(): void {
    for (const slot of [...this.slots]) {
      if (this.idle.includes(slot)) this.replace(slot);
      else this.slots.delete(slot);
    }
    while (this.slots.size < this.size) this.warm(this.spawn());
  }

  /** How many tasks each thread was given. */
  get taskCounts(): readonly number[] {
    return [...this.slots].map((slot) => slot.tasks);
  }

  get busyCount(): number {
    return this.slots.size - this.idle.length;
  }

  private spawn(): ThreadSlot {
    const slot = new ThreadSlot({
      ...this.options,
      onIdleFault: (error) => {
        this.options.logger.warn('a thread died while it was idle', { error });
        if (this.slots.has(slot)) this.replace(slot);
      },
    });
    this.slots.add(slot);
    this.idle.push(slot);
    return slot;
  }

  /** Loads the modules before a task needs them. */
  private warm(slot: ThreadSlot): void {
    slot.load().catch((error: unknown) => {
      if (this.slots.has(slot)) this.options.logger.error('a thread could not load its tasks', { error });
    });
  }

  private forget(slot: ThreadSlot): void {
    this.slots.delete(slot);
    const at = this.idle.indexOf(slot);
    if (at >= 0) this.idle.splice(at, 1);
  }

  private end(slot: ThreadSlot): void {
    const ended = slot.destroy().catch((error: unknown) => {
      this.options.logger.debug('a thread did not end as asked', { error });
    });
    this.ending.add(ended);
    void ended.then(() => this.ending.delete(ended));
  }
}
