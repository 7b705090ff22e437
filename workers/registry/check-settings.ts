import { tasksPerSecond } from './rate';
import type { TaskSettings } from './task-definition';

type NumberSetting =
  | 'timeLimitSeconds'
  | 'softTimeLimitSeconds'
  | 'maxRetries'
  | 'defaultRetryDelaySeconds'
  | 'retryBackoffMaxSeconds'
  | 'expiresSeconds'
  | 'priority';

/** The largest value of each; none is below 0. */
const MOST: Readonly<Record<NumberSetting, number>> = {
  timeLimitSeconds: Number.MAX_VALUE,
  softTimeLimitSeconds: Number.MAX_VALUE,
  maxRetries: Number.MAX_VALUE,
  defaultRetryDelaySeconds: Number.MAX_VALUE,
  retryBackoffMaxSeconds: Number.MAX_VALUE,
  expiresSeconds: Number.MAX_VALUE,
  priority: 255,
};

/** All there are: a slip in a name would otherwise be a setting that is silently not made. */
const KNOWN: Readonly<Record<keyof TaskSettings, true>> = {
  acksLate: true,
  acksOnFailureOrTimeout: true,
  rejectOnWorkerLost: true,
  ignoreResult: true,
  trackStarted: true,
  maxRetries: true,
  defaultRetryDelaySeconds: true,
  autoretryFor: true,
  dontAutoretryFor: true,
  retryBackoff: true,
  retryBackoffMaxSeconds: true,
  retryJitter: true,
  rateLimit: true,
  timeLimitSeconds: true,
  softTimeLimitSeconds: true,
  errbackStyle: true,
  sendEvents: true,
  queue: true,
  exchange: true,
  routingKey: true,
  priority: true,
  expiresSeconds: true,
  serializer: true,
  onSuccess: true,
  onFailure: true,
  onRetry: true,
  onReplace: true,
};

function checkNames(name: string, settings: object): void {
  for (const setting of Object.keys(settings)) {
    if (Object.hasOwn(KNOWN, setting)) continue;
    const meant = Object.hasOwn(KNOWN, `${setting}Seconds`) ? `; ${setting}Seconds is` : '';
    throw new Error(`task ${name}: ${setting} is no option${meant}`);
  }
}

function checkNumber(name: string, setting: NumberSetting, value: number | null | undefined): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'number' && value >= 0 && value <= MOST[setting]) return;
  const range = setting === 'priority' ? 'from 0 to 255' : 'of 0 or more';
  throw new Error(`task ${name}: ${setting} must be a number ${range}, not ${String(value)}`);
}

/**
 * A slip in a task's settings is said where it is written: in the worker it would be met with each message anew.
 * @throws Error
 */
export function checkSettings(name: string, settings: TaskSettings): void {
  checkNames(name, settings);
  for (const setting of Object.keys(MOST) as NumberSetting[]) checkNumber(name, setting, settings[setting]);
  try {
    tasksPerSecond(settings.rateLimit);
  } catch (cause) {
    throw new Error(
      `task ${name}: rateLimit must be like 10/s, 100/m or 5/h, not ${String(settings.rateLimit)}`,
      {
        cause,
      },
    );
  }
}
