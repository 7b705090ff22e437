import {
  type CanvasResult,
  canvas,
  encodeException,
  formatIsoTime,
  formatTraceback,
  type TaskMeta,
  type TaskRequest,
} from '../../celery/protocol';
import { rejected, retryWithoutCause, taskRevoked } from './celery-errors';
import type { Outcome } from './outcome';

/** What a meta says of the run. */
export interface DescribedRun {
  readonly request: Pick<TaskRequest, 'id' | 'group' | 'parentId'>;
  readonly children: readonly CanvasResult[];
}

/** The parts of a meta that depend on the outcome. */
interface MetaCore {
  readonly status: string;
  readonly result: unknown;
  readonly traceback: string | null;
}

/** The stored form of an outcome; mirrors celery/backends/base.py `_get_result_meta`. `now` is epoch ms. */
export function resultMeta(run: DescribedRun, outcome: Outcome, now: number): TaskMeta {
  const core = metaCore(outcome);
  return meta(run, core, core.status === 'RETRY' ? null : formatIsoTime(now));
}

/** STARTED, with where it runs (`task_track_started`). */
export const startedMeta = (run: DescribedRun, hostname: string): TaskMeta =>
  meta(run, { status: 'STARTED', result: { pid: process.pid, hostname }, traceback: null }, null);

/** A state of the task's own, such as PROGRESS. */
export const customStateMeta = (run: DescribedRun, state: string, result: unknown): TaskMeta =>
  meta(run, { status: state, result, traceback: null }, null);

function metaCore(outcome: Outcome): MetaCore {
  switch (outcome.kind) {
    case 'SUCCESS':
      return { status: 'SUCCESS', result: outcome.value ?? null, traceback: null };
    case 'FAILURE':
      return {
        status: 'FAILURE',
        result: encodeException(outcome.error),
        traceback: outcome.timedOut ? null : formatTraceback(outcome.error),
      };
    case 'RETRY': {
      const { retry } = outcome;
      const cause = retry.cause === undefined ? '' : formatTraceback(retry.cause);
      return {
        status: 'RETRY',
        result: encodeException(retry.cause ?? retryWithoutCause(retry.message)),
        traceback: `${cause}\ncelery.exceptions.Retry: ${retry.message}\n`,
      };
    }
    case 'REVOKED':
      return { status: 'REVOKED', result: encodeException(taskRevoked(outcome.reason)), traceback: null };
    case 'REJECTED':
      return { status: 'FAILURE', result: encodeException(rejected(outcome.reason)), traceback: null };
    case 'REPLACED':
    case 'IGNORED':
      return { status: 'IGNORED', result: null, traceback: null };
  }
}

/** Written out field by field: one is made for each task. */
function meta(run: DescribedRun, { status, result, traceback }: MetaCore, dateDone: string | null): TaskMeta {
  const { id, group, parentId } = run.request;
  return {
    status,
    result,
    traceback,
    children: run.children.map(canvas.resultTuple),
    date_done: dateDone,
    group_id: group ?? undefined,
    parent_id: parentId ?? undefined,
    task_id: id,
  };
}
