import { formatIsoTime, isCanonicalIsoTime, parseIsoTime } from './iso-time';
import type { TaskOptions } from './task-options';

/** RabbitMQ closes the channel for a larger `expiration`; the header `expires` keeps the true moment. */
const MAX_EXPIRATION_MS = 0xffff_ffff;

/** A task's moments as they travel. */
export interface TaskTimes {
  readonly eta: string | null;
  readonly expires: string | null;
  /** AMQP property: whole milliseconds left, at least 0. */
  readonly expiration: string | undefined;
}

const moment = (value: Date | string): number =>
  value instanceof Date ? value.getTime() : (parseIsoTime(value) ?? Number.NaN);

/** A text already in Python's form travels on unchanged and so keeps its microseconds. */
const isoText = (value: Date | string): string =>
  typeof value === 'string' && isCanonicalIsoTime(value) ? value : formatIsoTime(moment(value));

const etaOf = (options: TaskOptions, now: number): string | null => {
  if (options.countdownSeconds) return formatIsoTime(now + options.countdownSeconds * 1000);
  return options.eta === undefined ? null : isoText(options.eta);
};

const expirationOf = (expiresAt: number, now: number): string =>
  String(Math.min(Math.max(Math.trunc(expiresAt - now), 0), MAX_EXPIRATION_MS));

/** `countdown` → eta, `expires` → header and `expiration` (celery/app/amqp.py `as_task_v2`, celery/app/base.py `send_task`). */
export const taskTimes = (options: TaskOptions, now: number): TaskTimes => {
  const { expires } = options;
  const eta = etaOf(options, now);
  if (expires === undefined) return { eta, expires: null, expiration: undefined };
  const at = typeof expires === 'number' ? now + expires * 1000 : moment(expires);
  const text = typeof expires === 'number' ? formatIsoTime(at) : isoText(expires);
  return { eta, expires: text, expiration: expirationOf(at, now) };
};
