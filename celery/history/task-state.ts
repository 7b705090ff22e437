import { READY_STATES, statePrecedence } from '../protocol';

/** What the sources say of one task's state. Each is kept by itself, so that the order in which they arrive is all one. */
export interface StateFacts {
  /** The latest state events tell; null without events. */
  readonly eventState: string | null;
  /** When it began, by the sender's clock, in epoch milliseconds. */
  readonly eventStateAt: number;
  /** When a `task-retried` event last came, by the sender's clock; 0 for never. */
  readonly retriedAt: number | null;
  /** The status of the latest result; null without one. */
  readonly resultState: string | null;
}

const isFinal = (state: string | null): state is string => state !== null && READY_STATES.has(state);

/** How far a task has come within one attempt, for events that carry the same time. */
const STEP: Readonly<Record<string, number>> = { PENDING: 0, RECEIVED: 1, REJECTED: 2, STARTED: 3, RETRY: 5 };
/** States of a task's own making come while it runs. */
const CUSTOM_STEP = 4;
const stepOf = (state: string): number => STEP[state] ?? CUSTOM_STEP;

/** A state and when it began. */
export interface TimedState {
  readonly state: string;
  readonly at: number;
}

/**
 * Which of two event states stands. An end stands for good, the stronger of two ends as celery/states.py ranks them; before
 * an end the later one stands. So a RETRY that arrives late undoes nothing, and one in its time is followed by the next
 * RECEIVED: celery/events/state.py goes by the order of arrival instead.
 */
export const laterState = (known: TimedState, next: TimedState): TimedState => {
  if (isFinal(known.state) || isFinal(next.state)) {
    if (!isFinal(known.state)) return next;
    if (!isFinal(next.state)) return known;
    return statePrecedence(next.state) < statePrecedence(known.state) ? next : known;
  }
  // A client's clock is another one than the worker's, and a task is sent before all else.
  if (next.state === 'PENDING') return known;
  if (known.state === 'PENDING') return next;
  if (next.at !== known.at) return next.at > known.at ? next : known;
  return stepOf(next.state) > stepOf(known.state) ? next : known;
};

/** The state of a task by all sources together. */
export const joinedState = ({ eventState, eventStateAt, retriedAt, resultState }: StateFacts): string => {
  if (isFinal(resultState) && isFinal(eventState)) {
    return statePrecedence(eventState) < statePrecedence(resultState) ? eventState : resultState;
  }
  if (isFinal(resultState)) return resultState;
  if (isFinal(eventState)) return eventState;
  return runningState({ eventState, eventStateAt, retriedAt, resultState });
};

const runningState = ({ eventState, eventStateAt, retriedAt, resultState }: StateFacts): string => {
  const byEvents = eventState === null || eventState === 'PENDING' ? 'QUEUED' : eventState;
  if (resultState === null || resultState === 'PENDING') return byEvents;
  if (resultState === 'RETRY') {
    // Only the events tell when the next attempt has begun.
    const again = retriedAt !== null && eventStateAt > retriedAt && byEvents !== 'QUEUED';
    return again ? byEvents : 'RETRY';
  }
  // The result of a retry is on its way; what is stored is of the attempt before.
  return byEvents === 'RETRY' ? 'RETRY' : resultState;
};
