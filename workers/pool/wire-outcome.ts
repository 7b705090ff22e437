import type { TaskSubmission } from '../../celery/client';
import { type Canvas, ContentError } from '../../celery/protocol';
import { encodeError, failure, type Outcome, Retry } from '../execution';
import { portable, portableSubmission } from './portable';
import { errorFromWire, errorToWire, type WireError } from './wire-error';

/** How a run in a thread ended; limits and terminates are outcomes of the main thread. */
export type WireOutcome =
  | { readonly kind: 'SUCCESS'; readonly value: unknown; readonly runtimeSeconds: number }
  | { readonly kind: 'FAILURE'; readonly error: WireError }
  | {
      readonly kind: 'RETRY';
      readonly message: string;
      readonly submission: TaskSubmission;
      readonly cause?: WireError;
    }
  | { readonly kind: 'REJECTED'; readonly reason: string; readonly requeue: boolean }
  | { readonly kind: 'REPLACED'; readonly replacement: Canvas }
  | { readonly kind: 'IGNORED' };

/** A result that cannot be written is the failure it would become when it is stored. */
export function outcomeToWire(outcome: Outcome): WireOutcome {
  try {
    return toWire(outcome);
  } catch (error) {
    const reason = error instanceof ContentError ? encodeError(error.message) : error;
    return { kind: 'FAILURE', error: errorToWire(reason) };
  }
}

function toWire(outcome: Outcome): WireOutcome {
  switch (outcome.kind) {
    case 'SUCCESS':
      return { ...outcome, value: portable(outcome.value) };
    case 'FAILURE':
      return { kind: 'FAILURE', error: errorToWire(outcome.error) };
    case 'RETRY': {
      const { message, submission, cause } = outcome.retry;
      return {
        kind: 'RETRY',
        message,
        submission: portableSubmission(submission),
        ...(cause === undefined ? {} : { cause: errorToWire(cause) }),
      };
    }
    case 'REPLACED':
      return { kind: 'REPLACED', replacement: portable(outcome.replacement) as Canvas };
    case 'REJECTED':
    case 'IGNORED':
      return outcome;
    case 'REVOKED':
      throw new TypeError('a thread does not revoke');
  }
}

export function outcomeFromWire(wire: WireOutcome): Outcome {
  switch (wire.kind) {
    case 'FAILURE':
      return failure(errorFromWire(wire.error));
    case 'RETRY': {
      const cause = wire.cause === undefined ? undefined : errorFromWire(wire.cause);
      return { kind: 'RETRY', retry: new Retry(wire.message, wire.submission, { cause }) };
    }
    default:
      return wire;
  }
}
