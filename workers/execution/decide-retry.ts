import { pythonRepr, type TaskRequest } from '../../celery/protocol';
import type { RetryOptions, TaskSettings } from '../registry';
import { maxRetriesExceeded } from './celery-errors';
import { Retry } from './control-exceptions';
import { describeError } from './describe-error';
import { retryPolicyOf } from './retry-policy';
import { retrySubmission } from './retry-submission';

const DEFAULT_MAX_RETRIES = 3;
const DEFAULT_DELAY_SECONDS = 180;
const DEFAULT_BACKOFF_MAX_SECONDS = 600;

/**
 * What `context.retry()` throws: a Retry with the next run's message, or, where no retry is left, the cause (else
 * MaxRetriesExceededError). What the task's sender said about retries wins over its settings, and `options` over both.
 * Mirrors celery/app/task.py `Task.retry`. Pure, given `now` (epoch ms).
 */
export function decideRetry(
  request: TaskRequest,
  declared: TaskSettings,
  options: RetryOptions,
  now: number,
): unknown {
  const settings = { ...declared, ...retryPolicyOf(request)?.settings };
  const limit = maxRetries(options.maxRetries, settings.maxRetries);
  const { cause } = options;
  if (limit !== null && request.retries + 1 > limit) {
    return cause ?? maxRetriesExceeded(exhausted(request, options));
  }
  const seconds = options.countdownSeconds ?? settings.defaultRetryDelaySeconds ?? DEFAULT_DELAY_SECONDS;
  const eta = options.eta ?? new Date(now + seconds * 1000);
  const when = options.eta === undefined ? `in ${seconds}s` : `at ${eta.toISOString()}`;
  const why = cause === undefined ? '' : `: ${describeError(cause)}`;
  return new Retry(`Retry ${when}${why}`, retrySubmission(request, eta, options), { cause });
}

/**
 * Seconds before an automatic retry: exponential, capped, with full jitter (celery/utils/time.py
 * `get_exponential_backoff_interval`); undefined where the task's fixed delay holds.
 */
export function backoffSeconds(
  settings: TaskSettings,
  retries: number,
  random: () => number,
): number | undefined {
  if (!settings.retryBackoff) return undefined;
  const factor = settings.retryBackoff === true ? 1 : Math.floor(Math.max(1, settings.retryBackoff));
  const most = settings.retryBackoffMaxSeconds ?? DEFAULT_BACKOFF_MAX_SECONDS;
  const seconds = Math.min(most, factor * 2 ** Math.min(retries, 62));
  return settings.retryJitter === false ? seconds : Math.floor(random() * (seconds + 1));
}

const exhausted = (request: TaskRequest, options: RetryOptions): string =>
  `Can't retry ${request.task}[${request.id}] args:${pythonRepr(options.args ?? request.args)} ` +
  `kwargs:${pythonRepr(options.kwargs ?? request.kwargs)}`;

/** `null` means without limit, so it must not fall through as `??` would let it. */
function maxRetries(asked: number | null | undefined, declared: number | null | undefined): number | null {
  if (asked !== undefined) return asked;
  return declared === undefined ? DEFAULT_MAX_RETRIES : declared;
}
