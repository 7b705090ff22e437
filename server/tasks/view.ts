import type { ControlReplies, SubmittedTask } from '../../celery';
import type { TaskStatus } from './task-state';

/** Workers are not trusted: what they list is cut to this many tasks each. */
const MAX_ACTIVE_PER_WORKER = 1000;

export function submittedView(submitted: SubmittedTask): object {
  return { task_id: submitted.taskId, status: 'PENDING', result: null, error: null };
}

/** RFC 3339 in UTC. Times come from workers: one that is no time is no reason to fail. */
function isoTime(epochMs: number | null): string | null {
  if (epochMs === null) return null;
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

export function statusView(status: TaskStatus): object {
  return {
    task_id: status.taskId,
    status: status.status,
    result: status.result ?? null,
    error: status.error,
    worker: status.worker,
    task_name: status.name,
    queue: status.queue,
    retries: status.retries,
    submitted_at: isoTime(status.submittedAt),
    started_at: isoTime(status.startedAt),
    done_at: isoTime(status.doneAt),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A revoke lives in the memory of workers: without one that took it, the task is not revoked. */
const NOT_REVOKED =
  'No worker acknowledged the revoke, so it has no effect: a worker that starts later does not know of it. Repeat it when workers are online.';

/** `{"ok": "..."}` is an acknowledgement; anything else is what the worker objected. */
export function revokeView(taskId: string, replies: ControlReplies): object {
  const acknowledged: string[] = [];
  const refused: { readonly worker: string; readonly reason: string }[] = [];
  for (const [worker, reply] of Object.entries(replies.replies)) {
    if (isRecord(reply) && 'ok' in reply) acknowledged.push(worker);
    else refused.push({ worker, reason: reasonOf(reply) });
  }
  const detail = acknowledged.length === 0 ? { detail: NOT_REVOKED } : {};
  return { task_id: taskId, acknowledged, refused, no_reply: replies.missing, ...detail };
}

function reasonOf(reply: unknown): string {
  const reason = isRecord(reply) ? reply.error : reply;
  return typeof reason === 'string' ? reason.slice(0, 1024) : 'an unexpected reply';
}

/** A task as `active` describes it: Celery's `Request.info()`. */
function activeTaskView(task: Readonly<Record<string, unknown>>): object {
  const startedAt = task.time_start;
  return {
    task_id: task.id ?? null,
    task_name: task.name ?? null,
    args: task.args ?? null,
    kwargs: task.kwargs ?? null,
    // Epoch seconds by the worker's wall clock.
    started_at: typeof startedAt === 'number' ? isoTime(startedAt * 1000) : null,
    worker_pid: task.worker_pid ?? null,
    delivery_info: task.delivery_info ?? null,
  };
}

export function activeView(replies: ControlReplies): object {
  const workers: Record<string, object> = {};
  for (const [worker, reply] of Object.entries(replies.replies)) {
    const tasks = Array.isArray(reply) ? reply.filter(isRecord) : [];
    workers[worker] = {
      tasks: tasks.slice(0, MAX_ACTIVE_PER_WORKER).map(activeTaskView),
      truncated: tasks.length > MAX_ACTIVE_PER_WORKER,
      ...(Array.isArray(reply) ? {} : { error: reasonOf(reply) }),
    };
  }
  return { workers, no_reply: replies.missing };
}
