import type { Canvas, HeaderTable, Signature, TaskOptions, TaskRequest } from '../wire';
import type { AppliedCanvas } from './applied-canvas';

/** The logger of one running task: each line carries the task's id and name. */
export interface TaskLogger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  error(message: string, meta?: object): void;
}

/** How a task asks to be run again; mirrors celery/app/task.py `Task.retry`. */
export interface RetryOptions {
  /** Seconds until the next run; default: the task's `defaultRetryDelaySeconds`. */
  readonly countdownSeconds?: number;
  /** The moment of the next run; wins over `countdownSeconds`. */
  readonly eta?: Date;
  /** How many retries are allowed in all; `null` means without limit; default: the task's `maxRetries`. */
  readonly maxRetries?: number | null;
  /** Why: stored in the RETRY result, and thrown in its place when no retry is left. */
  readonly cause?: unknown;
  /** Arguments of the next run; default: the same ones. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options that replace the message's own, e.g. `queue` or `priority`. */
  readonly options?: TaskOptions;
}

/** What a plain message (not a task) may carry beside its content. */
export interface PlainMessageOptions {
  readonly headers?: HeaderTable;
  readonly priority?: number;
  /** Default true: survives a broker restart on a durable queue. */
  readonly persistent?: boolean;
  readonly messageId?: string;
  readonly type?: string;
  /** Declares the exchange with this type (durable) before the first publish to it; without it the exchange must exist. */
  readonly exchangeType?: 'direct' | 'fanout' | 'headers' | 'topic';
  /** True (default false): fail with UNROUTABLE when no queue is bound for the routing key. */
  readonly mandatory?: boolean;
}

/** A task to send from inside a task. */
export interface TaskCall {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: TaskOptions;
}

/** How a canvas is applied: arguments go in front of its first task's. */
export interface CanvasArguments {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: TaskOptions;
}

/** What a handler knows and can do while it runs. */
export interface TaskContext {
  /** Everything the message said; see celery/worker/request.py. */
  readonly request: TaskRequest;
  readonly taskId: string;
  /** Nodename of this worker, e.g. `celery@host`. */
  readonly hostname: string;
  /** Aborts when the task is terminated, hits a time limit, or the worker stops cold; `reason` is the error. */
  readonly signal: AbortSignal;
  readonly logger: TaskLogger;
  /** W3C trace context of the message; tasks sent from here carry it on. Undefined where the sender traces nothing. */
  readonly trace: { readonly traceparent: string; readonly tracestate?: string } | undefined;
  /**
   * Ends this run and asks for another one: same id, `retries` + 1. It never returns.
   * @throws Retry always, or `cause` / MaxRetriesExceededError when no retry is left
   */
  retry(options?: RetryOptions): Promise<never>;
  /** Stores a custom state, e.g. `('PROGRESS', { done: 3, of: 10 })`. */
  updateState(state: string, meta?: unknown): Promise<void>;
  /** Waits; rejects with the signal's reason when the signal aborts first. */
  sleep(milliseconds: number): Promise<void>;
  /** Publishes JSON to any exchange; resolves once RabbitMQ confirmed it. Throws RabbitMQError. */
  publish(
    exchange: string,
    routingKey: string,
    message: unknown,
    options?: PlainMessageOptions,
  ): Promise<void>;
  /** Sends a task with this one as its parent; resolves once RabbitMQ confirmed it. */
  sendTask(call: TaskCall): Promise<{ readonly taskId: string }>;
  /**
   * Starts a canvas (chain, group, chord …) with this task as its parent; resolves once RabbitMQ confirmed all that starts it.
   * What it answers may be returned: it is stored as Celery stores a result. Null for an empty chain.
   * @throws TaskError `TASK_INVALID`, `CANVAS_UNSUPPORTED`; RabbitMQError
   */
  apply(canvas: Signature, call?: CanvasArguments): Promise<AppliedCanvas | null>;
  /**
   * Ends this run and lets a task, chain, group or chord run in its place: under its id, with its callbacks and errbacks, as
   * the member of its chord and the step of its chain. It never returns; nothing is sent before the handler has ended.
   * @throws Replaced always, or PythonError `ImproperlyConfigured` for an empty chain or a member of another chord
   */
  replace(canvas: Signature): Promise<never>;
  /**
   * Makes one more task a member of the chord this task is in: the body waits for it too. Redis only, as in Celery.
   * `lazy`: it is not sent, only counted; apply what is answered.
   * @throws PythonError `ValueError` outside of a chord; TaskError `CANVAS_UNSUPPORTED`; RabbitMQError
   */
  addToChord(task: Signature, options?: { readonly lazy?: boolean }): Promise<Canvas>;
}
