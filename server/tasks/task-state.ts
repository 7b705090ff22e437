import { TaskHistory, type TaskRecord } from '../../celery';
import { decodeException, parseIsoTime, READY_STATES, type TaskMeta, TaskState } from '../../celery/protocol';
import { RESULT_GRACE_MS, type TaskKnowledge } from '../messaging';

/** Why a task failed, in the terms of the language that ran it. */
export interface TaskFailure {
  readonly type: string;
  readonly message: string;
  readonly module: string | null;
  readonly traceback: string | null;
}

/** A task as far as it is known. */
export interface TaskStatus {
  readonly taskId: string;
  readonly status: string;
  readonly result: unknown;
  readonly error: TaskFailure | null;
  /** Nodename of the worker that has it or ran it. */
  readonly worker: string | null;
  readonly name: string | null;
  readonly queue: string | null;
  readonly retries: number | null;
  /** Epoch milliseconds. */
  readonly submittedAt: number | null;
  readonly startedAt: number | null;
  readonly doneAt: number | null;
  /** {@link status} in the gateway's words: QUEUED in place of PENDING. */
  readonly state: string;
  /** Ids of the tasks it sent, as far as they are known. */
  readonly children: readonly string[];
  /** All else that is known of it. */
  readonly task: TaskRecord;
}

/** Celery states that come with an exception in place of a result. */
const WITH_EXCEPTION: ReadonlySet<string> = new Set([
  TaskState.FAILURE,
  TaskState.RETRY,
  TaskState.REVOKED,
  TaskState.REJECTED,
]);

export function isReady(status: string): boolean {
  return (READY_STATES as ReadonlySet<string>).has(status);
}

function failureOf(value: unknown, traceback: string | null): TaskFailure {
  const { type, message, module } = decodeException(value);
  return { type, message, module, traceback };
}

/** `ValueError('no')`, as events carry it, to its parts. */
function failureOfRepr(repr: string, traceback: string | null): TaskFailure {
  const match = /^(?:([\w.]+)\.)?(\w+)(?:\(|: )/.exec(repr);
  return { type: match?.[2] ?? 'Exception', message: repr, module: match?.[1] ?? null, traceback };
}

function stateWithoutResult(task: TaskRecord, nowMs: number): string {
  const { eventState, resultState, doneAt, updatedAt } = task;
  // The result was here, and had to make room or has had its time: that does not undo the end.
  if (resultState !== null && isReady(resultState) && !task.forgotten) return resultState;
  if (eventState === null) return TaskState.PENDING;
  if (!isReady(eventState)) return eventState;
  return nowMs - (doneAt ?? updatedAt) < RESULT_GRACE_MS ? TaskState.STARTED : eventState;
}

/** What is known of a task whose result alone is left. */
function recordOf(meta: TaskMeta): TaskRecord {
  const history = new TaskHistory({ maxTasks: 1 });
  history.onResult(meta);
  return history.get(meta.task_id) as TaskRecord;
}

/** An end is told together with its result, or not yet; but for a result that was forgotten. */
function stateOf(task: TaskRecord, status: string): string {
  if (isReady(task.state) && !isReady(status) && !task.forgotten) {
    return status === TaskState.PENDING ? 'QUEUED' : status;
  }
  return task.state;
}

/** Ids in the result tuples `[[id, parent], children]` of Celery; groups hold further ones. */
function childIds(children: unknown): readonly string[] {
  if (!Array.isArray(children)) return [];
  return children.flatMap((child: unknown) => {
    const head: unknown = Array.isArray(child) ? child[0] : undefined;
    const id: unknown = Array.isArray(head) ? head[0] : undefined;
    return typeof id === 'string' ? [id] : [];
  });
}

/** The state of a task in Celery's words: its result, then its events, then its submission; else undefined. */
export function taskStatus(taskId: string, known: TaskKnowledge, nowMs: number): TaskStatus | undefined {
  const { meta } = known;
  const task = known.task ?? (meta === null ? undefined : recordOf(meta));
  if (task === undefined) return undefined;
  const common = {
    taskId,
    worker: meta?.worker ?? task.worker,
    name: meta?.name ?? task.name,
    queue: meta?.queue ?? task.queue,
    retries: meta?.retries ?? (task.eventState ? task.retries : null),
    submittedAt: task.queuedAt,
    startedAt: task.startedAt,
    children: [...new Set([...childIds(meta?.children ?? []), ...(known.children ?? [])])],
    task,
  };
  if (meta !== null) {
    const failed = WITH_EXCEPTION.has(meta.status);
    return {
      ...common,
      status: meta.status,
      state: stateOf(task, meta.status),
      result: failed ? null : meta.result,
      error: failed ? failureOf(meta.result, meta.traceback) : null,
      doneAt: meta.date_done === null ? null : (parseIsoTime(meta.date_done) ?? null),
    };
  }
  const status = stateWithoutResult(task, nowMs);
  const exception = WITH_EXCEPTION.has(status) ? task.errorText : null;
  return {
    ...common,
    status,
    state: stateOf(task, status),
    result: null,
    error: exception === null ? null : failureOfRepr(exception, task.traceback),
    doneAt: isReady(status) ? task.doneAt : null,
  };
}
