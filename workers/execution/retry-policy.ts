import { PythonError, type TaskRequest } from '../../celery/protocol';
import type { TaskSettings } from '../registry';

/** How its sender wants a task retried; stronger than the task's own settings. */
export interface RetryPolicy {
  readonly settings: Pick<
    TaskSettings,
    'maxRetries' | 'defaultRetryDelaySeconds' | 'retryBackoff' | 'retryBackoffMaxSeconds' | 'retryJitter'
  >;
  /** Whether a failure with this error is to be retried without the task asking for it. */
  covers(error: unknown): boolean;
}

const DEFAULT_MAX_RETRIES = 3;
const DEFAULT_DELAY_SECONDS = 1;

const numberOr = (value: unknown, fallback: number): number =>
  typeof value === 'number' && value >= 0 ? value : fallback;

const nameOf = (error: unknown): string => {
  if (error instanceof PythonError) return error.excType;
  return error instanceof Error ? error.name : typeof error;
};

/** The policy in the header `retry_policy`, as the gateway writes it; undefined where there is none to be read. */
export function retryPolicyOf({ headers }: Pick<TaskRequest, 'headers'>): RetryPolicy | undefined {
  const { retry_policy: given } = headers;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const policy = given as Readonly<Record<string, unknown>>;
  const delaySeconds = numberOr(policy.delay_seconds, DEFAULT_DELAY_SECONDS);
  const names: readonly unknown[] | undefined = Array.isArray(policy.retry_for)
    ? policy.retry_for
    : undefined;
  return {
    settings: {
      maxRetries: numberOr(policy.max_retries, DEFAULT_MAX_RETRIES),
      defaultRetryDelaySeconds: delaySeconds,
      retryBackoff: policy.backoff === true ? delaySeconds : false,
      ...(typeof policy.backoff_max_seconds === 'number'
        ? { retryBackoffMaxSeconds: policy.backoff_max_seconds }
        : {}),
      retryJitter: policy.jitter !== false,
    },
    covers: (error) => names === undefined || names.includes(nameOf(error)),
  };
}
