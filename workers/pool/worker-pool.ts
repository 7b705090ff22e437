import { PythonError } from '../../celery/protocol';
import type { Lifecycle } from '../../runtime';
import type { ThreadExecutor } from './thread-executor';
import type { ThreadPool } from './thread-pool';

/** Limits of tasks that have none of their own, in seconds; part of the pool's statistics. */
export interface PoolTimeouts {
  readonly soft: number;
  readonly hard: number;
}

/** What the worker does with its pool beside running tasks in it. */
export interface WorkerPool extends Lifecycle {
  /** Follows a new number of slots. */
  resize(size: number): void;
  /**
   * Loads the task modules anew.
   * @throws PythonError ValueError where they cannot be
   */
  restart(): void;
  /** The part `pool` of `inspect stats` (celery/concurrency/prefork.py `TaskPool._get_info`). */
  stats(size: number): Readonly<Record<string, unknown>>;
}

/** The slots of the event loop: there is nothing to start or to end. */
export class EventLoopPool implements WorkerPool {
  constructor(private readonly timeouts: PoolTimeouts) {}

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  resize(): void {}

  restart(): void {
    throw new PythonError('ValueError', 'builtins', ['Pool restarts not enabled']);
  }

  stats(size: number): Readonly<Record<string, unknown>> {
    return {
      implementation: 'celery_gateway:async',
      'max-concurrency': size,
      processes: [process.pid],
      'max-tasks-per-child': 'N/A',
      'put-guarded-by-semaphore': false,
      timeouts: [this.timeouts.soft, this.timeouts.hard],
      writes: 'N/A',
    };
  }
}

export interface WorkerThreadsDeps {
  readonly threads: ThreadPool;
  readonly executor: ThreadExecutor;
  readonly maxTasksPerChild: number | null;
  readonly timeouts: PoolTimeouts;
}

/** One thread for each slot. */
export class WorkerThreads implements WorkerPool {
  constructor(private readonly deps: WorkerThreadsDeps) {}

  start(): Promise<void> {
    return this.deps.threads.start();
  }

  /** What still runs ends without an outcome: after a warm stop nothing does. */
  stop(): Promise<void> {
    this.deps.executor.forgetAll();
    return this.deps.threads.stop();
  }

  resize(size: number): void {
    this.deps.threads.resize(size);
  }

  restart(): void {
    this.deps.threads.restart();
  }

  stats(size: number): Readonly<Record<string, unknown>> {
    const { threads, maxTasksPerChild, timeouts } = this.deps;
    const counts = threads.taskCounts;
    return {
      implementation: 'celery_gateway:threads',
      'max-concurrency': size,
      // One entry for each slot, as tools count them; all threads live in this process.
      processes: counts.map(() => process.pid),
      'max-tasks-per-child': maxTasksPerChild ?? 'N/A',
      'put-guarded-by-semaphore': false,
      timeouts: [timeouts.soft, timeouts.hard],
      writes: writeStats(counts, threads.busyCount),
    };
  }
}

/** Tasks given to each thread, in the words of celery/concurrency/asynpool.py `human_write_stats`. */
function writeStats(counts: readonly number[], active: number): Readonly<Record<string, unknown>> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const share = (part: number): string => (total === 0 ? 0 : part / total).toFixed(2);
  return {
    total,
    avg: share(total / counts.length),
    all: counts.map(share).join(', '),
    raw: counts.join(', '),
    strategy: 'fair',
    inqueues: { total: counts.length, active },
  };
}
