import type { BenchTask } from './task-message';

/** Where the worker's results go in one measurement. */
export type ResultMode = 'off' | 'rpc' | 'redis';

export const WORKER_ROWS = ['noop', 'rpc', 'redis', 'async', 'cpu', 'native', 'events', 'memory'] as const;
export type WorkerRowName = (typeof WORKER_ROWS)[number];
/** `memory` is measured in a way of its own; the others are rates. */
export type RateRowName = Exclude<WorkerRowName, 'memory'>;

/** One of the programs that drain the same queue in turns. */
export interface WorkerSubject {
  readonly name: 'raw' | 'typescript' | 'python' | 'withEvents';
  readonly kind: 'raw' | 'typescript' | 'python';
  /** Of the TypeScript worker; Python is prefork with two processes always. */
  readonly pool: 'async' | 'threads';
  readonly concurrency: number;
  readonly events: boolean;
}

export interface WorkerRow {
  readonly title: string;
  readonly task: Pick<BenchTask, 'name' | 'args'>;
  readonly results: ResultMode;
  /** The same for all subjects of the row, in all their slots together. */
  readonly prefetch: number;
  /** Of the plan's number of tasks; tasks that take their time need fewer. */
  readonly share: number;
  readonly subjects: readonly WorkerSubject[];
}

/** Python's default of 4 for each process would cost it throughput. */
const PREFETCH = 100;
const PYTHON_PROCESSES = 2;

export const RAW: WorkerSubject = { name: 'raw', kind: 'raw', pool: 'async', concurrency: 1, events: false };
export const PYTHON: WorkerSubject = {
  name: 'python',
  kind: 'python',
  pool: 'async',
  concurrency: PYTHON_PROCESSES,
  events: false,
};
export const TYPESCRIPT: WorkerSubject = {
  name: 'typescript',
  kind: 'typescript',
  pool: 'async',
  concurrency: 25,
  events: false,
};
const IN_THREADS: WorkerSubject = { ...TYPESCRIPT, pool: 'threads', concurrency: 2 };
const WITH_EVENTS: WorkerSubject = { ...TYPESCRIPT, name: 'withEvents', events: true };

const NOOP = { name: 'bench.noop', args: [] };
const ALL = [RAW, TYPESCRIPT, PYTHON];
const plain = { task: NOOP, prefetch: PREFETCH, share: 1, subjects: ALL };

export const RATE_ROWS: Readonly<Record<RateRowName, WorkerRow>> = {
  noop: { ...plain, title: 'no-op, results off', results: 'off' },
  rpc: { ...plain, title: 'no-op, results rpc', results: 'rpc' },
  redis: { ...plain, title: 'no-op, results Redis', results: 'redis' },
  async: {
    title: '1 ms of waiting, concurrency 100',
    task: { name: 'bench.wait', args: [1] },
    results: 'off',
    prefetch: 2 * PREFETCH,
    share: 0.5,
    subjects: [{ ...TYPESCRIPT, concurrency: 100 }, PYTHON],
  },
  cpu: {
    title: 'primes below 2,000, threads -c 2',
    task: { name: 'bench.primes', args: [2_000] },
    results: 'off',
    prefetch: PREFETCH,
    share: 0.15,
    subjects: [IN_THREADS, PYTHON],
  },
  native: {
    title: 'PBKDF2 in OpenSSL, threads -c 2',
    task: { name: 'bench.pbkdf2', args: [5_000] },
    results: 'off',
    prefetch: PREFETCH,
    share: 0.1,
    subjects: [IN_THREADS, PYTHON],
  },
  events: { ...plain, title: 'no-op, -E', results: 'rpc', subjects: [TYPESCRIPT, WITH_EVENTS] },
};
