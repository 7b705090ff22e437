import type { WorkerView } from './worker-view';

const MICROSECONDS = 1_000_000;

/** `inspect stats`; Flower's worker page needs `total` and `broker` (celery/worker/worker.py `stats`). */
export function workerStats(worker: WorkerView): Readonly<Record<string, unknown>> {
  return {
    total: Object.fromEntries(worker.totals),
    pid: process.pid,
    clock: String(worker.clock.value),
    uptime: Math.round((Date.now() - worker.startedAt) / 1000),
    pool: worker.poolStats(),
    ...(worker.autoscaler === undefined ? {} : { autoscaler: worker.autoscaler.info() }),
    broker: worker.broker,
    prefetch_count: worker.prefetchCount,
    rusage: resourceUsage(),
  };
}

/** Python's `getrusage` fields; what Node does not know is 0, as the kernel leaves it on Linux too. */
function resourceUsage(): Readonly<Record<string, number>> {
  const usage = process.resourceUsage();
  return {
    utime: usage.userCPUTime / MICROSECONDS,
    stime: usage.systemCPUTime / MICROSECONDS,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  };
}
