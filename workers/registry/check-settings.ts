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
