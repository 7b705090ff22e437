import { redactUrl } from '../amqp';
import type { WorkerParts } from './worker-parts';

/** A setting: its value here, and Celery's default (celery/app/defaults.py). */
type Setting = readonly [value: unknown, byDefault: unknown];

/** This worker's settings under Celery's names, for `inspect conf` and `report`. No secret is among them. */
export function celerySettings(parts: WorkerParts, withDefaults: boolean): Readonly<Record<string, unknown>> {
  const shown = Object.entries(settings(parts)).filter(
    ([, [value, byDefault]]) => withDefaults || JSON.stringify(value) !== JSON.stringify(byDefault),
  );
  return Object.fromEntries(shown.map(([name, [value]]) => [name, value]));
}

const settings = (parts: WorkerParts): Readonly<Record<string, Setting>> => ({
  broker_url: [parts.brokerUrls.map(masked).join(';'), null],
  result_backend: [masked(parts.resultBackend), null],
  result_expires: [parts.resultExpiresSeconds, 86_400],
  result_chord_expires: [parts.chordExpiresSeconds ?? null, null],
  result_extended: [parts.resultExtended ?? false, false],
  task_default_queue: [parts.queues[0] ?? 'celery', 'celery'],
  task_queues: [parts.queues, ['celery']],
  task_serializer: ['json', 'json'],
  result_serializer: ['json', 'json'],
  accept_content: [['json'], ['json']],
  enable_utc: [true, true],
  timezone: ['UTC', 'UTC'],
  worker_concurrency: [parts.concurrency, null],
  worker_prefetch_multiplier: [parts.prefetchMultiplier, 4],
  worker_send_task_events: [parts.taskEvents, false],
  worker_state_db: [parts.stateFile ?? null, null],
  task_time_limit: [parts.timeLimitSeconds ?? null, null],
  task_soft_time_limit: [parts.softTimeLimitSeconds ?? null, null],
  worker_soft_shutdown_timeout: [(parts.softShutdownTimeoutMs ?? 0) / 1000, 0],
});

/** As Celery shows URLs: the user stays, the password does not; what cannot be read is hidden whole. */
function masked(url: string): string {
  const bare = redactUrl(url);
  if (bare === url) return url;
  const user = /\/\/([^:@/]*):[^@]*@[^@]*$/s.exec(url)?.[1];
  return user === undefined || user === '' ? bare : bare.replace('//***@', `//${user}:********@`);
}
