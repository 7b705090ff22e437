/** The states a task can be in; `RECEIVED`, `REJECTED` and `IGNORED` are seen in events only (celery/states.py). */
export const TaskState = {
  PENDING: 'PENDING',
  RECEIVED: 'RECEIVED',
  STARTED: 'STARTED',
  RETRY: 'RETRY',
  SUCCESS: 'SUCCESS',
  FAILURE: 'FAILURE',
  REVOKED: 'REVOKED',
  REJECTED: 'REJECTED',
  IGNORED: 'IGNORED',
} as const;
/** A built-in state. Tasks may report others (`update_state(state='PROGRESS')`), so readers take any string. */
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

/** The task has ended and its result will not change. */
export const READY_STATES: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** `result` holds an encoded exception. */
export const EXCEPTION_STATES: ReadonlySet<string> = new Set(['RETRY', 'FAILURE', 'REVOKED']);
/** The exception is raised in whoever waits for the result. */
export const PROPAGATE_STATES: ReadonlySet<string> = new Set(['FAILURE', 'REVOKED']);

/** Custom states rank here: above every running state, below the two that end a task by itself. */
const CUSTOM_STATE_RANK = 2;
const RANKS: ReadonlyMap<string, number> = new Map([
  ['SUCCESS', 0],
  ['FAILURE', 1],
  ['REVOKED', 3],
  ['STARTED', 4],
  ['RECEIVED', 5],
  ['REJECTED', 6],
  ['RETRY', 7],
  ['PENDING', 8],
]);

/** Rank of a state when two reports disagree; the lower number wins (celery/states.py `precedence`). */
export const statePrecedence = (state: string): number => RANKS.get(state) ?? CUSTOM_STATE_RANK;
