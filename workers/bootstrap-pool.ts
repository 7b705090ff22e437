import { join } from 'node:path';
import { systemClock } from '../runtime';
import type { CeleryWorker } from './celery-worker';
import { type Executor, LocalExecutor, type TaskServices } from './execution';
import type { TaskFlow } from './flow';
import {
  Autoscaler,
  EventLoopPool,
  RoutedExecutor,
  ThreadExecutor,
  ThreadPool,
  type WorkerPool,
  WorkerThreads,
} from './pool';
import type { WorkerParts } from './worker-parts';

const THREAD_ENTRY = join(__dirname, 'pool', 'task-thread.js');
/** Celery's AUTOSCALE_KEEPALIVE. */
const KEEPALIVE_MS = 30_000;

/**
 * Composes the pool: slots of the event loop, or threads.
 * @throws Error when threads are asked for without modules to load
 */
export function poolOf(
  parts: WorkerParts,
  services: TaskServices,
  size: number,
  runsOnEventLoop: (task: string) => boolean,
): { readonly executor: Executor; readonly pool: WorkerPool } {
  const timeouts = { soft: parts.softTimeLimitSeconds ?? 0, hard: parts.timeLimitSeconds ?? 0 };
  const eventLoop = new LocalExecutor({ services, random: Math.random });
  if (parts.pool !== 'threads') {
    return {
      executor: eventLoop,
      pool: new EventLoopPool(timeouts),
    };
  }
  const { taskModules = [], maxTasksPerChild = null } = parts;
  if (taskModules.length === 0) throw new Error('the pool of threads needs the paths of its task modules');
  const threads = new ThreadPool({
    size,
    entry: parts.threadEntry ?? THREAD_ENTRY,
    setup: {
      taskModules,
      nodename: parts.nodename,
      storesResults: services.storesResults,
      countsChords: services.chordParts !== undefined,
    },
    taskNames: parts.tasks.map((task) => task.name),
    maxTasksPerChild,
    memoryMb: parts.threadMemoryMb ?? undefined,
    logger: parts.logger,
  });
  const executor = new ThreadExecutor({ threads, services });
  return {
    executor: new RoutedExecutor({ threads: executor, eventLoop, runsOnEventLoop }),
    pool: new WorkerThreads({ threads, executor, maxTasksPerChild, timeouts }),
  };
}

export function autoscalerOf(
  parts: WorkerParts,
  worker: CeleryWorker,
  flow: TaskFlow,
): Autoscaler | undefined {
  if (!parts.autoscale) return undefined;
  return new Autoscaler({
    range: parts.autoscale,
    keepaliveMs: parts.autoscaleKeepaliveMs ?? KEEPALIVE_MS,
    clock: parts.clock ?? systemClock,
    logger: parts.logger,
    pool: {
      get size() {
        return flow.pool.concurrency;
      },
      resize: (slots) => worker.setPoolSize(slots),
    },
    load: () => flow.pool.load,
    processed: () => flow.processed,
  });
}
