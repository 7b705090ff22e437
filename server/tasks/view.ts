import type { ControlReplies, TaskArguments } from '../../celery';
import { historyView, isoTime } from './history-view';
import type { AcceptedTask } from './service';
import type { TaskStatus } from './task-state';

/** Workers are not trusted: what they list is cut to this many tasks each. */
const MAX_ACTIVE_PER_WORKER = 1000;

export function submittedView({ taskId, deduplicated }: AcceptedTask): object {
  const view = { task_id: taskId, status: 'PENDING', result: null, error: null };
  return deduplicated === true ? { ...view, deduplicated } : view;
}

/** @param given the task's arguments, where they are known. */
export function statusView(status: TaskStatus, given?: TaskArguments): object {
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
    ...historyView(status.task, given),
    state: status.state,
    children: status.children,
    traceback: status.error?.traceback ?? null,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
