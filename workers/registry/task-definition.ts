import type { Canvas } from '../wire';
import type { Parameter } from './parameters';
import type { TaskContext } from './task-context';

/** Anything that checks and converts arguments as a Joi object schema does. */
export interface ArgumentSchema<Arguments> {
  validate(
    value: unknown,
  ): { error: { message: string }; value?: unknown } | { error?: undefined; value: Arguments };
}

/** A class of error, for `autoretryFor`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Options of a task; names and defaults follow celery/app/task.py `Task`. */
export interface TaskSettings extends SendDefaults, TaskHooks {
  /** Default false: acknowledged when a slot accepts the task. True: only after its result is stored. */
  readonly acksLate?: boolean;
  /** With `acksLate`: false rejects (to the dead-letter exchange) instead of acknowledging a failed task. Default true. */
  readonly acksOnFailureOrTimeout?: boolean;
  /**
   * With `acksLate`: true hands the message back when the thread that ran it died (out of memory, `process.exit`), so that
   * it runs again; a task that kills its thread every time then does so for ever. Default false: it fails with
   * WorkerLostError.
   */
  readonly rejectOnWorkerLost?: boolean;
  /** True: no result is stored for this task. Default false. */
  readonly ignoreResult?: boolean;
  /** True: STARTED is stored when the task starts. Default false. */
  readonly trackStarted?: boolean;
  /** Default 3; `null`: without limit. */
  readonly maxRetries?: number | null;
  /** Default 180 s. */
  readonly defaultRetryDelaySeconds?: number;
  /** Errors of these classes lead to a retry instead of a failure. */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Errors of these classes fail the task although `autoretryFor` covers them. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Exponential backoff between automatic retries: true means 1 s, 2 s, 4 s…; a number is the factor in seconds. */
  readonly retryBackoff?: boolean | number;
  /** Upper limit of the backoff, default 600 s. */
  readonly retryBackoffMaxSeconds?: number;
  /** Full jitter on the backoff, default true. */
  readonly retryJitter?: boolean;
  /** At most so many starts per worker: `10/s`, `100/m`, `5/h`; a bare number is per second. Default: no limit. */
  readonly rateLimit?: string | number;
  /** Hard limit: the slot is freed and the task fails with TimeLimitExceeded. The message's own limit wins. */
  readonly timeLimitSeconds?: number;
  /** Soft limit: the signal aborts with SoftTimeLimitExceeded. The message's own limit wins. */
  readonly softTimeLimitSeconds?: number;
  /**
   * As the `link_error` of a task that failed in this worker. `message`, the default: it is sent like any task, with the failed
   * task's id. `inline`: it is called at once, right here, with the failed task's request, its error and its traceback as first
   * three arguments; Celery does so with errbacks that take more than one argument. Another worker always sends it.
   */
  readonly errbackStyle?: 'message' | 'inline';
  /** Default true; false suppresses the task's events. */
  readonly sendEvents?: boolean;
}

/** How a task is sent where the sender does not say otherwise; before any route (celery/app/base.py `send_task`). */
export interface SendDefaults {
  readonly queue?: string;
  /** An exchange instead of a queue, with `routingKey`. */
  readonly exchange?: string;
  readonly routingKey?: string;
  /** 0 to 255; it matters on queues with `x-max-priority`. */
  readonly priority?: number;
  /** Seconds after which a task that has not started is dropped as REVOKED. */
  readonly expiresSeconds?: number;
  readonly serializer?: 'json' | 'msgpack' | 'yaml';
}

/**
 * Told about a run's end, after its result is stored and before the message is acknowledged (celery/app/task.py `on_success`,
 * `on_failure`, `on_retry`). The worker waits for them; what they throw is logged and changes nothing. Not told: runs that were
 * revoked, rejected or ignored.
 */
export interface TaskHooks {
  onSuccess?(context: TaskContext, value: unknown): unknown;
  onFailure?(context: TaskContext, error: unknown): unknown;
  /** `cause` is what led to the retry, undefined where the task gave no cause. */
  onRetry?(context: TaskContext, cause: unknown): unknown;
  /** Before a replacement is sent; a canvas it answers is sent instead. What it throws fails the task. */
  onReplace?(context: TaskContext, replacement: Canvas): unknown;
}

/** Settings and parameter list of one task. */
export interface TaskDeclaration<Parameters extends readonly Parameter[]> extends TaskSettings {
  readonly params: Parameters;
}

/** The same with a schema that types the arguments. */
export interface CheckedTaskDeclaration<Arguments> extends TaskSettings {
  readonly params: readonly Parameter[];
  /** Checks the bound arguments; a refusal fails the task with `builtins.ValueError`. */
  readonly schema: ArgumentSchema<Arguments>;
}

/** The code of a task; what it returns is the result. */
export type TaskHandler<Arguments> = (context: TaskContext, args: Arguments) => unknown;

/** A task as the registry keeps it. */
export interface TaskDefinition {
  readonly name: string;
  readonly settings: TaskSettings;
  readonly params: readonly Parameter[];
  /** Binds `args` and `kwargs` as Python would, checks them, and runs the handler. */
  invoke(context: TaskContext, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): unknown;
}
