import type { TaskRequest } from '../../celery/protocol';
import type { ErrorClass, TaskSettings } from '../registry';
import { backoffSeconds, decideRetry } from './decide-retry';
import type { Outcome } from './outcome';
import { outcomeOfError } from './outcome-of-error';
import { retryPolicyOf } from './retry-policy';

/**
 * `autoretryFor` turns a failure into a retry (celery/app/autoretry.py). It belongs where the code ran: a class of another
 * thread is another class. A retry policy that came with the task decides in place of the settings. `now` is epoch ms,
 * `random` gives 0 to below 1.
 */
export function autoretried(
  outcome: Outcome,
  request: TaskRequest,
  settings: TaskSettings,
  now: number,
  random: () => number,
): Outcome {
  if (outcome.kind !== 'FAILURE') return outcome;
  const policy = retryPolicyOf(request);
  if (policy === undefined && settings.autoretryFor === undefined) return outcome;
  const { error } = outcome;
  const isOf = (types: readonly ErrorClass[] = []): boolean => types.some((type) => error instanceof type);
  const covered = policy === undefined ? isOf(settings.autoretryFor) : policy.covers(error);
  if (!covered || isOf(settings.dontAutoretryFor)) return outcome;
  const countdownSeconds = backoffSeconds({ ...settings, ...policy?.settings }, request.retries, random);
  const options = countdownSeconds === undefined ? { cause: error } : { cause: error, countdownSeconds };
  return outcomeOfError(decideRetry(request, settings, options, now));
}
