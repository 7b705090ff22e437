import type { TaskRequest } from '../../celery/protocol';
import type { OwedPart } from './failure-propagation';

/** What a worker leaves with the result backend while it fires a body: enough for any other one to go on. */
export interface ChordHeritage extends OwedPart {
  /** The task that completed the chord. */
  readonly request: TaskRequest;
}

/** Whose child the body is and where its results go; arguments and what follows the task do not matter for that. */
export const withoutContent = (request: TaskRequest): TaskRequest => ({
  ...request,
  args: [],
  kwargs: {},
  embed: { callbacks: null, errbacks: null, chain: null, chord: null },
  properties: {},
});

/** Reads what the backend gave back: of this or another version of ours, so no more than its shape is looked at. */
export const isHeritage = (value: unknown): value is ChordHeritage => {
  if (typeof value !== 'object' || value === null) return false;
  const { part, body, request } = value as Partial<Record<keyof ChordHeritage, unknown>>;
  return [part, body, request].every((each) => typeof each === 'object' && each !== null);
};
