import { formatTraceback, HIDDEN_REPR, pythonRepr } from '../../celery/protocol';
import { rejected, retryWithoutCause } from './celery-errors';
import { describeError } from './describe-error';
import type { Outcome } from './outcome';

/** A task event's type and the fields beside `uuid` (contract 6.2). */
export interface OutcomeEvent {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The event that announces an outcome; null for those without one. Of a hidden task it tells the state and nothing else. */
export function outcomeEvent(outcome: Outcome, hidden = false): OutcomeEvent | null {
  const event = openEvent(outcome);
  if (!hidden || event === null) return event;
  const shown = Object.entries(event.fields).map(([name, value]) => [
    name,
    TELLING.has(name) ? HIDDEN_REPR : value,
  ]);
  return { type: event.type, fields: Object.fromEntries(shown) };
}

/** Fields that may quote arguments or result. */
const TELLING: ReadonlySet<string> = new Set(['result', 'exception', 'traceback']);

function openEvent(outcome: Outcome): OutcomeEvent | null {
  switch (outcome.kind) {
    case 'SUCCESS':
      return {
        type: 'task-succeeded',
        fields: { result: pythonRepr(outcome.value ?? null), runtime: outcome.runtimeSeconds },
      };
    case 'FAILURE':
      return failed(outcome.error);
    case 'REJECTED':
      return failed(rejected(outcome.reason));
    case 'RETRY': {
      const { retry } = outcome;
      const cause = retry.cause ?? retryWithoutCause(retry.message);
      const fields = { exception: describeError(cause), traceback: formatTraceback(cause) };
      return { type: 'task-retried', fields };
    }
    case 'REVOKED': {
      const { reason, signum } = outcome;
      const fields = { terminated: reason === 'terminated', signum, expired: reason === 'expired' };
      return { type: 'task-revoked', fields };
    }
    case 'REPLACED':
    case 'IGNORED':
      return null;
  }
}

const failed = (error: unknown): OutcomeEvent => ({
  type: 'task-failed',
  fields: { exception: describeError(error), traceback: formatTraceback(error) },
});
