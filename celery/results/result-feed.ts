import type { TaskMeta } from '../protocol';
import type { ResultReader } from './result-backend';

/** Told of each ready state as it becomes a task's. */
export type ReadyListener = (meta: TaskMeta) => void;

/** A result store that sees every result of the vhost come by, and can look back. */
export interface ResultFeed extends Pick<ResultReader, 'getTaskMeta' | 'status'> {
  /** Where results have to be sent to be seen here. */
  readonly replyTo: string;
  /** False once results had to leave memory: then {@link readBack} knows more than `getTaskMeta`. */
  readonly complete: boolean;
  /** From now on, results replayed at start included. @returns what ends it. */
  follow(listener: ReadyListener): () => void;
  /**
   * The latest state of each of these tasks, read from the store itself.
   * @param sinceMs epoch milliseconds from which on to read.
   * @throws RabbitMQError when the broker is away, Error when reading takes too long.
   */
  readBack(taskIds: ReadonlySet<string>, sinceMs: number): Promise<ReadonlyMap<string, TaskMeta>>;
}
