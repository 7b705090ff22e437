import { statePrecedence } from '../protocol';
import type { ReceivedEvent } from './received-event';

/** A task as its events describe it. Times are epoch milliseconds. */
export interface TaskSnapshot {
  readonly taskId: string;
  readonly name: string | null;
  readonly state: string;
  /** Nodename of the worker that has or had it. */
  readonly worker: string | null;
  readonly sentAt: number | null;
  readonly receivedAt: number | null;
  readonly startedAt: number | null;
  /** When it succeeded, failed, was revoked or rejected. */
  readonly endedAt: number | null;
  readonly runtimeSeconds: number | null;
  readonly retries: number | null;
  /** repr texts, as workers send them. */
  readonly args: string | null;
  readonly kwargs: string | null;
  readonly result: string | null;
  readonly exception: string | null;
  readonly traceback: string | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly updatedAt: number;
}

/** celery/events/state.py `TASK_EVENT_TO_STATE`. */
const STATE_BY_EVENT: Readonly<Record<string, string>> = {
  'task-sent': 'PENDING',
  'task-received': 'RECEIVED',
  'task-started': 'STARTED',
  'task-failed': 'FAILURE',
  'task-retried': 'RETRY',
  'task-succeeded': 'SUCCESS',
  'task-revoked': 'REVOKED',
  'task-rejected': 'REJECTED',
};

const TIME_BY_EVENT: Readonly<Record<string, 'sentAt' | 'receivedAt' | 'startedAt' | 'endedAt'>> = {
  'task-sent': 'sentAt',
  'task-received': 'receivedAt',
  'task-started': 'startedAt',
  'task-failed': 'endedAt',
  'task-succeeded': 'endedAt',
  'task-revoked': 'endedAt',
  'task-rejected': 'endedAt',
};

/**
 * A task after one more event. Events come out of order (workers buffer, channels differ): one that happened before the known
 * state adds what it knows but does not turn the task back, except around a RETRY, after which it all begins anew. Mirrors
 * celery/events/state.py `Task.event`.
 */
export const mergeTaskEvent = (
  known: TaskSnapshot | undefined,
  taskId: string,
  event: ReceivedEvent,
): TaskSnapshot => {
  const at = event.timestamp * 1000;
  const state = STATE_BY_EVENT[event.type] ?? event.type.slice('task-'.length).toUpperCase();
  const time = TIME_BY_EVENT[event.type];
  const late = known !== undefined && isLate(state, known.state);
  const before = known ?? unknownTask(taskId, at);
  const told = fieldsOf(event.fields);
  // A client that sends a task is not the worker that runs it.
  const worker = event.type === 'task-sent' ? null : event.hostname;
  return {
    ...before,
    ...(late ? missingOf(told, before) : told),
    ...(time === undefined ? {} : { [time]: at }),
    ...(late
      ? { worker: before.worker ?? worker }
      : { state, worker: worker ?? before.worker, updatedAt: at }),
  };
};

const isLate = (next: string, current: string): boolean =>
  next !== 'RETRY' && current !== 'RETRY' && statePrecedence(next) > statePrecedence(current);

type Told = Partial<TaskSnapshot>;

const TEXT_FIELDS = {
  name: 'name',
  args: 'args',
  kwargs: 'kwargs',
  result: 'result',
  exception: 'exception',
  traceback: 'traceback',
  root_id: 'rootId',
  parent_id: 'parentId',
} as const;
const NUMBER_FIELDS = { runtime: 'runtimeSeconds', retries: 'retries' } as const;

const fieldsOf = (fields: Readonly<Record<string, unknown>>): Told => {
  const told: Record<string, unknown> = {};
  for (const [wire, name] of Object.entries(TEXT_FIELDS))
    if (typeof fields[wire] === 'string') told[name] = fields[wire];
  for (const [wire, name] of Object.entries(NUMBER_FIELDS))
    if (typeof fields[wire] === 'number') told[name] = fields[wire];
  return told;
};

const missingOf = (told: Told, before: TaskSnapshot): Told =>
  Object.fromEntries(Object.entries(told).filter(([name]) => before[name as keyof TaskSnapshot] === null));

const unknownTask = (taskId: string, at: number): TaskSnapshot => ({
  taskId,
  name: null,
  state: 'PENDING',
  worker: null,
  sentAt: null,
  receivedAt: null,
  startedAt: null,
  endedAt: null,
  runtimeSeconds: null,
  retries: null,
  args: null,
  kwargs: null,
  result: null,
  exception: null,
  traceback: null,
  rootId: null,
  parentId: null,
  updatedAt: at,
});
