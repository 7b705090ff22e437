import { TaskError } from '../errors';
import type { ResultTuple } from '../protocol';
import type { ResultReader } from './result-backend';

/** Where groups are kept under their id. */
export interface GroupStore {
  saveGroup(groupId: string, tuple: ResultTuple): Promise<void>;
  /** @returns null where nothing is saved. */
  restoreGroup(groupId: string): Promise<ResultTuple | null>;
  deleteGroup(groupId: string): Promise<void>;
}

/** How tasks are revoked. */
export interface RevokeResultOptions {
  /** Also end them where they run. */
  readonly terminate?: boolean | undefined;
  /** Default SIGTERM. */
  readonly signal?: string | undefined;
}

/** What result objects ask of the process they live in. */
export interface ResultContext {
  readonly results: Pick<ResultReader, 'getTaskMeta' | 'waitForResult'>;
  /** Undefined where the backend keeps no groups, as `rpc://` does not. */
  readonly groups?: GroupStore | undefined;
  /** Drops a stored result; undefined where the backend cannot. */
  readonly forget?: ((taskId: string) => Promise<void>) | undefined;
  /** Undefined in processes without remote control. */
  readonly revoke?:
    | ((taskIds: readonly string[], options: RevokeResultOptions) => Promise<unknown>)
    | undefined;
}

/** How a result is waited for. */
export interface GetOptions {
  readonly timeoutMs: number;
  /** Throw what the task failed with; else it is the value. Default true. */
  readonly propagate?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const resultTimeout = (id: string, timeoutMs: number): TaskError =>
  new TaskError('RESULT_TIMEOUT', `the result of ${id} did not arrive within ${timeoutMs} ms`, {
    retryable: true,
    details: { id, timeoutMs },
  });

/** Celery answers these with a NotImplementedError. */
export const unsupported = (what: string): TaskError =>
  new TaskError('RESULT_UNSUPPORTED', `${what} is not supported by this result backend`);
