import type { TaskMeta, TaskRequest } from '../protocol';

/** How a result store is doing, for `/health/ready`. */
export interface ResultStoreStatus {
  /** Whether results can be read now, replay of the durable log included. */
  readonly ready: boolean;
  readonly kind: 'stream' | 'queue' | 'redis' | 'none';
  /** Why it is not ready, or what the fallback costs. */
  readonly detail?: string | undefined;
}

/** Options of {@link ResultReader.waitForResult}. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The reading side of a result backend. */
export interface ResultReader {
  /** The latest known meta of a task; null where nothing is stored (Celery's PENDING). */
  getTaskMeta(taskId: string): Promise<TaskMeta | null>;
  /**
   * Reads a state again that had to leave memory.
   * @param offset where in the stream it is.
   * @returns undefined where it is no longer there, or has had its time.
   * @throws RabbitMQError when the broker is away.
   */
  recall?(taskId: string, offset: number): Promise<TaskMeta | undefined>;
  /**
   * Waits for a ready state without polling.
   * @returns the ready meta, or null when `timeoutMs` passed, the waiters were let go or the store was stopped.
   * @throws the signal's reason when it aborts.
   */
  waitForResult(taskId: string, options: WaitOptions): Promise<TaskMeta | null>;
  /** Whether anybody waits for this task's result. */
  waitsFor(taskId: string): boolean;
  /** Ends all waits for this task with null: it is known otherwise that no result will come. */
  letGo(taskId: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly status: ResultStoreStatus;
}

/** What a writer needs to know of the task whose result it stores. */
export type ResultAddress = Pick<TaskRequest, 'id' | 'replyTo' | 'correlationId'>;

/** The writing side of a result backend. */
export interface ResultWriter {
  /** Stores one state of a task. Resolved means: the broker or the database has it. */
  storeResult(request: ResultAddress, meta: TaskMeta): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}
