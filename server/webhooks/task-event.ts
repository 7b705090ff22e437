import { createHash } from 'node:crypto';
import type { TaskRecord } from '../../celery/history';
import { globToRegExp } from '../../celery/protocol';
import { CALLBACKS } from './callbacks';
import type { Delivery } from './delivery';
import { EVENT_TYPES, type EventState, type WebhookEndpoint } from './endpoint';

const FINAL: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED']);

/** Whether a task that has come into this state is over. */
export const isFinal = (state: string): boolean => FINAL.has(state);

function chosen(globs: readonly string[], value: string | null): boolean {
  return globs.length === 0 || (value !== null && globs.some((glob) => globToRegExp(glob).test(value)));
}

/** Whether an endpoint asked for a task that has come into this state. */
export function wants(endpoint: WebhookEndpoint, state: string, task: TaskRecord): state is EventState {
  const { enabled, states, taskNames, queues } = endpoint;
  return (
    enabled &&
    states.some((each) => each === state) &&
    chosen(taskNames, task.name) &&
    chosen(queues, task.queue)
  );
}

function iso(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString();
}

/**
 * Named by what it tells, not by who tells it: each gateway, and each source of the news (an event, a result), comes to the
 * same id. A task ends once, and may begin once for each retry.
 */
function deliveryId(endpointId: string, state: EventState, task: TaskRecord): string {
  const which = FINAL.has(state) ? '' : String(task.retries ?? 0);
  const digest = createHash('sha256')
    .update(JSON.stringify([endpointId, task.taskId, state, which]))
    .digest();
  return `msg_${digest.toString('base64url').slice(0, 32)}`;
}

/** What an endpoint is told of a task. Not its arguments nor its result: whoever may see those asks with a key. */
export function taskDelivery(endpointId: string, state: EventState, task: TaskRecord, at: number): Delivery {
  const type = EVENT_TYPES[state];
  const data = {
    task_id: task.taskId,
    task_name: task.name,
    status: state,
    queue: task.queue,
    worker: task.worker,
    retries: task.retries,
    error: FINAL.has(state) ? task.errorText : null,
    root_id: task.rootId,
    parent_id: task.parentId,
    queued_at: iso(task.queuedAt),
    started_at: iso(task.startedAt),
    done_at: iso(task.doneAt),
    runtime_seconds: task.runtimeSeconds,
  };
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
  return {
    id: deliveryId(endpointId, state, task),
    endpointId,
    type,
    taskId: task.taskId,
    body,
    attempt: 1,
    run: 0,
  };
}

/** What the URL that came with the task is told: its end. Undefined where there is none, or the task has not ended. */
export function callbackDelivery(state: string, task: TaskRecord, at: number): Delivery | undefined {
  const { callback } = task;
  if (callback === null || callback === undefined || !FINAL.has(state)) return undefined;
  return { ...taskDelivery(CALLBACKS, state as EventState, task, at), callback };
}
