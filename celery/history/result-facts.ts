import {
  decodeException,
  EXCEPTION_STATES,
  parseIsoTime,
  READY_STATES,
  statePrecedence,
  type TaskMeta,
} from '../protocol';
import { sameText, strongest } from './event-facts';
import type { HeldTask } from './held-task';
import type { RevokeReason } from './task-record';
import { cut, jsonText, type SharedNames } from './texts';

/** States that Celery itself stores; all others are a task's own. */
const CELERY_STATES: ReadonlySet<string> = new Set(['PENDING', 'STARTED', 'RECEIVED', 'REJECTED', 'IGNORED']);

/** celery/worker/request.py `_announce_revoked` and `on_failure`: the exception's text is the reason. */
const reasonOf = (message: string): RevokeReason =>
  message === 'expired' || message === 'terminated' ? message : 'revoked';

/**
 * Adds to a task what a stored state tells. Stored states of one task come in the order of their storing, the last counts;
 * but an end is not undone, and of two ends the stronger stands.
 * @returns whether it was news.
 */
export const learnFromResult = (task: HeldTask, meta: TaskMeta, names: SharedNames): boolean => {
  if (!supersedes(meta.status, task.resultState)) return false;
  task.resultState = names.share(meta.status);
  const doneAt = meta.date_done === null ? undefined : parseIsoTime(meta.date_done);
  const ended = READY_STATES.has(meta.status);
  if (ended) {
    task.storedAt = doneAt ?? null;
    task.traceback = null;
  }
  task.updatedAt = Math.max(task.updatedAt, doneAt ?? task.updatedAt);
  noteValue(task, meta);
  noteExtended(task, meta, names);
  task.settle();
  return true;
};

const noteValue = (task: HeldTask, meta: TaskMeta): void => {
  if (EXCEPTION_STATES.has(meta.status)) {
    const { type, message } = decodeException(meta.result);
    if (meta.status === 'REVOKED') task.revokedBy = strongest(task.revokedBy, reasonOf(message));
    if (!task.forgotten) task.errorText = cut(message === '' ? type : `${type}: ${message}`);
  } else if (READY_STATES.has(meta.status)) {
    if (!task.forgotten) task.resultText = jsonText(meta.result);
  } else if (!CELERY_STATES.has(meta.status)) {
    task.progress = meta.result;
  }
};

const noteExtended = (task: HeldTask, meta: TaskMeta, names: SharedNames): void => {
  task.name ??= names.share(meta.name ?? null);
  task.worker ??= names.share(meta.worker ?? null);
  task.queue ??= names.share(meta.queue ?? null);
  task.parentId ??= sameText(meta.parent_id ?? null, task.taskId);
  task.groupId ??= meta.group_id ?? null;
  if (meta.retries !== undefined) task.retries = Math.max(task.retries ?? 0, meta.retries);
};

const supersedes = (next: string, current: string | null): boolean => {
  if (current === null || !READY_STATES.has(current)) return true;
  return READY_STATES.has(next) && statePrecedence(next) < statePrecedence(current);
};
