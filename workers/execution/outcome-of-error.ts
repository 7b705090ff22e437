import { Ignore, Reject, Replaced, Retry } from './control-exceptions';
import { failure, type Outcome } from './outcome';

/** What a thrown value means for the task; mirrors the `except` ladder of celery/app/trace.py `trace_task`. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof Retry) return { kind: 'RETRY', retry: error };
  if (error instanceof Reject) return { kind: 'REJECTED', reason: error.reason, requeue: error.requeue };
  if (error instanceof Replaced) return { kind: 'REPLACED', replacement: error.replacement };
  if (error instanceof Ignore) return { kind: 'IGNORED' };
  return failure(error);
}
