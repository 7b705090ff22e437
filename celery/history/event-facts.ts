import type { ReceivedEvent } from '../events';
import { EXCEPTION_STATES, READY_STATES } from '../protocol';
import type { HeldTask } from './held-task';
import type { RevokeReason } from './task-record';
import { laterState } from './task-state';
import { cut, MAX_TRACEBACK, type SharedNames, textOf } from './texts';

/** celery/events/state.py `TASK_EVENT_TO_STATE`. */
const STATE_BY_EVENT: ReadonlyMap<string, string> = new Map([
  ['task-sent', 'PENDING'],
  ['task-received', 'RECEIVED'],
  ['task-started', 'STARTED'],
  ['task-failed', 'FAILURE'],
  ['task-retried', 'RETRY'],
  ['task-succeeded', 'SUCCESS'],
  ['task-revoked', 'REVOKED'],
  ['task-rejected', 'REJECTED'],
]);

const ENDS: ReadonlySet<string> = new Set(['FAILURE', 'SUCCESS', 'REVOKED', 'REJECTED']);

const stateOf = (type: string): string =>
  STATE_BY_EVENT.get(type) ?? type.slice('task-'.length).toUpperCase();

const later = (known: number | null, at: number): number => (known === null ? at : Math.max(known, at));
const earlier = (known: number | null, at: number): number => (known === null ? at : Math.min(known, at));

const isReady = (state: string | null): boolean => state !== null && READY_STATES.has(state);

const reasonOf = ({ expired, terminated }: Readonly<Record<string, unknown>>): RevokeReason =>
  expired === true ? 'expired' : terminated === true ? 'terminated' : 'revoked';

/** Adds to a task what one more event tells. The order of events does not matter. */
export const learnFromEvent = (task: HeldTask, event: ReceivedEvent, names: SharedNames): void => {
  const at = Math.round(event.timestamp * 1000);
  const state = stateOf(event.type);
  noteState(task, state, at);
  noteTime(task, state, at);
  noteOrigin(task, event.fields, names);
  noteOutcome(task, state, at, event.fields);
  // A client that sends a task is not the worker that runs it.
  if (state !== 'PENDING' && at >= task.workerAt) {
    task.worker = names.share(event.hostname);
    task.workerAt = at;
  }
  task.updatedAt = Math.max(task.updatedAt, at);
  task.settle();
};

const noteState = (task: HeldTask, state: string, at: number): void => {
  const stands =
    task.eventState === null
      ? { state, at }
      : laterState({ state: task.eventState, at: task.eventStateAt }, { state, at });
  task.eventState = stands.state;
  task.eventStateAt = stands.at;
};

const noteTime = (task: HeldTask, state: string, at: number): void => {
  if (state === 'PENDING') task.sentAt = earlier(task.sentAt, at);
  else if (state === 'RECEIVED') task.receivedAt = later(task.receivedAt, at);
  else if (state === 'STARTED') task.startedAt = later(task.startedAt, at);
  else if (state === 'RETRY') task.retriedAt = later(task.retriedAt, at);
  else if (ENDS.has(state)) task.endedAt = later(task.endedAt, at);
};

const noteOrigin = (task: HeldTask, fields: Readonly<Record<string, unknown>>, names: SharedNames): void => {
  task.name ??= names.share(textOf(fields.name));
  task.rootId ??= sameText(textOf(fields.root_id), task.taskId);
  task.parentId ??= textOf(fields.parent_id);
  task.eta ??= textOf(fields.eta);
  task.expires ??= textOf(fields.expires);
  task.queue ??= names.share(textOf(fields.queue));
  if (typeof fields.retries === 'number') task.retries = Math.max(task.retries ?? 0, fields.retries);
  if (task.argumentsText !== null) return;
  const [args, kwargs] = [textOf(fields.args), textOf(fields.kwargs)];
  if (args !== null || kwargs !== null) task.argumentsText = cut(`${args ?? '()'} ${kwargs ?? '{}'}`);
};

const noteOutcome = (
  task: HeldTask,
  state: string,
  at: number,
  fields: Readonly<Record<string, unknown>>,
): void => {
  if (state === 'REVOKED') task.revokedBy = strongest(task.revokedBy, reasonOf(fields));
  if (typeof fields.runtime === 'number') task.ranSeconds = fields.runtime;
  // A stored end says it all, and exactly.
  if (task.forgotten || isReady(task.resultState)) return;
  if (state === 'SUCCESS') task.resultText = cut(fields.result);
  const late = state === 'RETRY' ? at < (task.retriedAt ?? 0) || isReady(task.eventState) : false;
  if (late || !EXCEPTION_STATES.has(state)) return;
  task.errorText = cut(fields.exception) ?? task.errorText;
  task.traceback = cut(fields.traceback, MAX_TRACEBACK);
};

/** The message says less than the event; whichever comes first, the telling one stands. */
export const strongest = (known: RevokeReason | null, next: RevokeReason): RevokeReason =>
  known === null || known === 'revoked' ? next : known;

/** Most tasks are their own root: one text for both. */
export const sameText = (text: string | null, other: string): string | null =>
  text === other ? other : text;
