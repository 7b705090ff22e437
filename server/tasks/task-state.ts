import type { TaskRecord } from '../../celery';
import { decodeException, parseIsoTime, READY_STATES, TaskState } from '../../celery/protocol';
import type { TaskKnowledge } from '../messaging';

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
}

/**
 * The last event of a task can overtake its result, which comes another way. For this long a finished task without a
 * result is still called STARTED; after it, the result is taken to have been ignored or lost.
 */
const RESULT_GRACE_MS = 5000;

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

function stateFromEvents({ eventState, doneAt, updatedAt }: TaskRecord, nowMs: number): string {
  if (eventState === null) return TaskState.PENDING;
  if (!isReady(eventState)) return eventState;
  return nowMs - (doneAt ?? updatedAt) < RESULT_GRACE_MS ? TaskState.STARTED : eventState;
}

/** The state of a task in Celery's words: its result, then its events, then its submission; else undefined. */
export function taskStatus(taskId: string, known: TaskKnowledge, nowMs: number): TaskStatus | undefined {
  const { meta, task } = known;
  if (meta === null && task === undefined) return undefined;
  const common = {
    taskId,
    worker: meta?.worker ?? task?.worker ?? null,
    name: meta?.name ?? task?.name ?? null,
    queue: meta?.queue ?? task?.queue ?? null,
    retries: meta?.retries ?? (task?.eventState ? task.retries : null),
    submittedAt: task?.queuedAt ?? null,
    startedAt: task?.startedAt ?? null,
  };
  if (meta !== null) {
    const failed = WITH_EXCEPTION.has(meta.status);
    return {
      ...common,
      status: meta.status,
      result: failed ? null : meta.result,
      error: failed ? failureOf(meta.result, meta.traceback) : null,
      doneAt: meta.date_done === null ? null : (parseIsoTime(meta.date_done) ?? null),
    };
  }
  const status = task === undefined ? TaskState.PENDING : stateFromEvents(task, nowMs);
  const exception = WITH_EXCEPTION.has(status) ? (task?.errorText ?? null) : null;
  return {
    ...common,
    status,
    result: null,
    error: exception === null ? null : failureOfRepr(exception, task?.traceback ?? null),
    doneAt: isReady(status) ? (task?.doneAt ?? null) : null,
  };
}
