/** How much one run measures. Ratios hold for any size; the spread shrinks with the longer ones. */
export interface Plan {
  readonly name: 'quick' | 'normal' | 'full';
  /** Interleaved rounds; every figure is the median over them. */
  readonly rounds: number;
  /** HTTP load: seconds per measurement, and how many connections. */
  readonly submitSeconds: number;
  readonly connections: readonly number[];
  /** Preloaded no-op tasks per worker measurement, after the warm-up ones. */
  readonly tasks: number;
  readonly warmUpTasks: number;
  /** Backlog on which the worker's memory has to stay flat; 0 leaves the check out. */
  readonly backlog: number;
  /** Sequential calls per round-trip measurement. */
  readonly calls: number;
  /** Tasks of a batch measurement. */
  readonly batchTasks: number;
  /** Clients that wait for a result at the same time, and for how many seconds nothing happens meanwhile. */
  readonly waiters: number;
  readonly idleSeconds: number;
  /** Tasks in the gateway's history, times each list query is asked, and records read back at a start. */
  readonly historyTasks: number;
  readonly listQueries: number;
  readonly replayRecords: number;
  /** Header tasks of the chord, steps of the chain. */
  readonly canvas: Readonly<Record<'chord' | 'chain', number>>;
}

export const PLANS: Readonly<Record<Plan['name'], Plan>> = {
  quick: {
    name: 'quick',
    rounds: 1,
    submitSeconds: 1,
    connections: [16],
    tasks: 1_000,
    warmUpTasks: 200,
    backlog: 0,
    calls: 50,
    batchTasks: 2_000,
    waiters: 200,
    idleSeconds: 1,
    historyTasks: 5_000,
    listQueries: 5,
    replayRecords: 20_000,
    canvas: { chord: 50, chain: 10 },
  },
  normal: {
    name: 'normal',
    rounds: 3,
    submitSeconds: 4,
    connections: [2, 16, 64],
    tasks: 20_000,
    warmUpTasks: 2_000,
    backlog: 100_000,
    calls: 500,
    batchTasks: 20_000,
    waiters: 10_000,
    idleSeconds: 10,
    historyTasks: 100_000,
    listQueries: 40,
    replayRecords: 200_000,
    canvas: { chord: 1_000, chain: 100 },
  },
  full: {
    name: 'full',
    rounds: 7,
    submitSeconds: 8,
    connections: [2, 16, 64],
    tasks: 20_000,
    warmUpTasks: 2_000,
    backlog: 500_000,
    calls: 2_000,
    batchTasks: 50_000,
    waiters: 10_000,
    idleSeconds: 20,
    historyTasks: 100_000,
    listQueries: 100,
    replayRecords: 1_000_000,
    canvas: { chord: 1_000, chain: 100 },
  },
};
