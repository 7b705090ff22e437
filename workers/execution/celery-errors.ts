import { PythonError, shareAcrossCopies } from '../../celery/protocol';

const CELERY = 'celery.exceptions';
const BILLIARD = 'billiard.exceptions';

/** The soft time limit passed: the reason of the aborted signal, thrown by `context.sleep()`. Catch it to clean up. */
export class SoftTimeLimitExceeded extends PythonError {
  static {
    shareAcrossCopies(SoftTimeLimitExceeded, 'SoftTimeLimitExceeded');
  }

  constructor() {
    super('SoftTimeLimitExceeded', BILLIARD, []);
  }
}

/** The errors Celery itself puts into results, under their Python identities (contract 3.4). */
export const timeLimitExceeded = (seconds: number): PythonError =>
  new PythonError('TimeLimitExceeded', BILLIARD, [seconds]);

/** The thread that ran the task died; `detail` reads like billiard's: `exitcode 1`. */
export const workerLost = (detail: string, cause?: unknown): PythonError =>
  new PythonError('WorkerLostError', BILLIARD, [`Worker exited prematurely: ${detail}.`], { cause });

export const taskRevoked = (reason: string): PythonError =>
  new PythonError('TaskRevokedError', CELERY, [reason]);

export const notRegistered = (task: string): PythonError => new PythonError('NotRegistered', CELERY, [task]);

export const maxRetriesExceeded = (message: string): PythonError =>
  new PythonError('MaxRetriesExceededError', CELERY, [message]);

export const rejected = (reason: string): PythonError => new PythonError('Reject', CELERY, [reason, false]);

export const encodeError = (message: string): PythonError =>
  new PythonError('EncodeError', 'kombu.exceptions', [message]);

/** The Retry itself, where a task gave no cause for it. */
export const retryWithoutCause = (message: string): PythonError =>
  new PythonError('Retry', CELERY, [message]);

/** Reason of the signal of a run that was revoked with `terminate`. */
export const terminated = (signum: number): PythonError =>
  new PythonError('Terminated', 'celery.exceptions', [signum]);
