/** Arguments as a worker takes them (celery/worker/control.py). */
export type CommandArguments = Readonly<Record<string, unknown>>;

/** A remote control command as the API offers it. */
export interface WorkerCommand {
  /** Last part of the path. */
  readonly path: string;
  /** Celery's name of it. */
  readonly method: string;
  readonly summary: string;
  readonly operationId: string;
  /** It only looks. */
  readonly looks?: true;
  readonly example: Readonly<Record<string, unknown>>;
}

/** By the names of their schemas. A body's fields but `workers` are the command's arguments, as they are. */
export const COMMANDS = {
  ping: {
    path: 'ping',
    method: 'ping',
    summary: 'Who answers',
    operationId: 'pingWorkers',
    looks: true,
    example: { workers: 'all' },
  },
  shutdown: {
    path: 'shutdown',
    method: 'shutdown',
    summary: 'Stop workers once their running tasks are done',
    operationId: 'shutDownWorkers',
    example: { workers: ['celery@worker-1'] },
  },
  poolGrow: {
    path: 'pool-grow',
    method: 'pool_grow',
    summary: 'Add slots to the pools of workers',
    operationId: 'growWorkerPools',
    example: { workers: ['celery@worker-1'], n: 2 },
  },
  poolShrink: {
    path: 'pool-shrink',
    method: 'pool_shrink',
    summary: 'Take slots from the pools of workers',
    operationId: 'shrinkWorkerPools',
    example: { workers: ['celery@worker-1'], n: 1 },
  },
  poolRestart: {
    path: 'pool-restart',
    method: 'pool_restart',
    summary: 'Restart the pools of workers',
    operationId: 'restartWorkerPools',
    example: { workers: ['celery@worker-1'] },
  },
  autoscale: {
    path: 'autoscale',
    method: 'autoscale',
    summary: 'Set between how many slots workers scale',
    operationId: 'autoscaleWorkers',
    example: { workers: ['celery@worker-1'], max: 8, min: 2 },
  },
  addConsumer: {
    path: 'add-consumer',
    method: 'add_consumer',
    summary: 'Have workers consume from a queue',
    operationId: 'addWorkerConsumers',
    example: { workers: ['celery@worker-1'], queue: 'reports' },
  },
  cancelConsumer: {
    path: 'cancel-consumer',
    method: 'cancel_consumer',
    summary: 'Have workers no longer consume from a queue',
    operationId: 'cancelWorkerConsumers',
    example: { workers: ['celery@worker-1'], queue: 'reports' },
  },
  rateLimit: {
    path: 'rate-limit',
    method: 'rate_limit',
    summary: 'Change how often a task may start, per worker',
    operationId: 'setTaskRateLimit',
    example: { workers: 'all', task_name: 'reports.daily', rate_limit: '10/m' },
  },
  timeLimit: {
    path: 'time-limit',
    method: 'time_limit',
    summary: 'Change how long a task may run',
    operationId: 'setTaskTimeLimit',
    example: { workers: 'all', task_name: 'reports.daily', soft: 60, hard: 90 },
  },
  enableEvents: {
    path: 'enable-events',
    method: 'enable_events',
    summary: 'Have workers send task events',
    operationId: 'enableWorkerEvents',
    example: { workers: 'all' },
  },
  disableEvents: {
    path: 'disable-events',
    method: 'disable_events',
    summary: 'Have workers send no task events',
    operationId: 'disableWorkerEvents',
    example: { workers: 'all' },
  },
} as const satisfies Readonly<Record<string, WorkerCommand>>;
export type CommandName = keyof typeof COMMANDS;
