import { startChild } from './child';
import { preload, timeBetweenMarks } from './load-queue';
import { memoryOf, type ProcessTree } from './process-tree';
import type { WorkerBench } from './worker';
import { RATE_ROWS, type WorkerSubject } from './worker-rows';

export interface MemoryFigure {
  /** Tasks in the queue when it is fullest. */
  readonly queued: number;
  /** Tasks run in all. */
  readonly tasks: number;
  readonly peak: ProcessTree;
}

export interface MemoryFigures {
  /** The same tasks, a small backlog at a time and all queued at once. */
  readonly typescript: { readonly small: MemoryFigure; readonly large: MemoryFigure };
  readonly python: MemoryFigure;
}

const SMALL_BACKLOG = 10_000;
const SAMPLE_EVERY_MS = 100;
const TIMEOUT_MS = 900_000;
const MARKS = 'bench.marks';

const watchMemory = (pid: number): { stop(): ProcessTree } => {
  const peak = { rssMiB: 0, pssMiB: 0 };
  const look = (): void => {
    const now = memoryOf(pid);
    peak.rssMiB = Math.max(peak.rssMiB, now.rssMiB || 0);
    peak.pssMiB = Math.max(peak.pssMiB, now.pssMiB || 0);
  };
  const timer = setInterval(look, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return peak;
    },
  };
};

const measure = async (
  bench: WorkerBench,
  name: 'typescript' | 'python',
  queued: number,
  tasks: number,
): Promise<MemoryFigure> => {
  const { connection, subjects } = bench;
  const { task, results, prefetch, subjects: all } = RATE_ROWS.rpc;
  const subject = all.find((each) => each.name === name) as WorkerSubject;
  const queue = `bench.memory.${name}`;
  const replyTo = await subjects.declareReplies(connection);
  const load = { queue, marks: MARKS, task, warmUpTasks: 0, tasks: queued, replyTo, ignoreResult: false };
  bench.progress.step(`worker memory: ${name}, ${queued} queued`);
  await preload(connection, load);
  let { elapsedMs } = await timeBetweenMarks(connection, MARKS, TIMEOUT_MS);
  const worker = await startChild(subjects.worker(subject, { queue, results, prefetch }));
  const memory = watchMemory(worker.pid);
  try {
    await elapsedMs;
    for (let done = queued; done < tasks; done += queued) {
      ({ elapsedMs } = await timeBetweenMarks(connection, MARKS, TIMEOUT_MS));
      await preload(connection, load);
      await elapsedMs;
    }
    const peak = memory.stop();
    bench.progress.measured(`peak RSS ${Math.round(peak.rssMiB)} MiB, PSS ${Math.round(peak.pssMiB)} MiB`);
    return { queued, tasks, peak };
  } finally {
    memory.stop();
    await worker.stop();
  }
};

/** Peaks of the process trees with rpc results, looked at all the while (Linux only). */
export const benchMemory = async (bench: WorkerBench): Promise<MemoryFigures> => {
  const { backlog } = bench.plan;
  return {
    typescript: {
      small: await measure(bench, 'typescript', SMALL_BACKLOG, backlog),
      large: await measure(bench, 'typescript', backlog, backlog),
    },
    python: await measure(bench, 'python', SMALL_BACKLOG, SMALL_BACKLOG),
  };
};
