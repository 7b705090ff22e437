import { availableParallelism } from 'node:os';
import Joi from 'joi';
import { checkedBrokerUrl } from '../amqp';
import { CHORD_QUEUE } from '../celery/chords';
import { resultBackendKind } from '../celery/results';
import type { ProtectionSettings } from '../celery/security';
import type { LogLevel } from '../runtime';
import { bodySettings } from './config-bodies';

/** Pools of this worker (`-P`). */
export type PoolName = 'async' | 'threads';

/** Celery's pools that mean the same to a user: `prefork` is for CPU-bound work, the green ones for waiting. */
export const POOLS: Readonly<Record<string, PoolName>> = {
  async: 'async',
  threads: 'threads',
  prefork: 'threads',
  processes: 'threads',
  solo: 'async',
  gevent: 'async',
  eventlet: 'async',
};

/** The environment's variables as they are once validated. */
export interface WorkerEnvironment extends ProtectionSettings {
  readonly RABBITMQ_HOST: string;
  readonly RABBITMQ_PORT: number;
  readonly RABBITMQ_USERNAME: string;
  readonly RABBITMQ_PASSWORD: string;
  readonly RABBITMQ_VHOST: string;
  readonly RABBITMQ_URL?: string;
  readonly CELERY_BROKER_URL?: string;
  readonly CELERY_RESULT_BACKEND: string;
  readonly CELERY_RESULT_EXPIRES: number;
  readonly CELERY_RESULT_CHORD_EXPIRES?: number;
  readonly CELERY_RESULT_CHORD_ORDERED: boolean;
  readonly CELERY_RESULT_CHORD_CLAIM: number;
  readonly RESULT_STREAM: string;
  readonly CHORD_QUEUE: string;
  readonly CELERY_WORKER_HOSTNAME: string;
  readonly CELERY_WORKER_QUEUES: string;
  readonly CELERY_WORKER_CONCURRENCY: number;
  readonly CELERY_WORKER_PREFETCH_MULTIPLIER: number;
  readonly CELERY_WORKER_LOG_LEVEL: string;
  readonly CELERY_WORKER_SEND_TASK_EVENTS: boolean;
  readonly CELERY_WORKER_TASKS: string;
  readonly CELERY_WORKER_SHUTDOWN_TIMEOUT: number;
  readonly CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT: number;
  readonly CELERY_WORKER_EXCLUDE_QUEUES: string;
  readonly CELERY_WORKER_LOG_FILE?: string;
  readonly CELERY_WORKER_STATE_DB?: string;
  readonly CELERY_WORKER_REVOKES_MAX: number;
  readonly CELERY_WORKER_REVOKE_EXPIRES: number;
  readonly CELERY_RESULT_EXTENDED: boolean;
  readonly CELERY_WORKER_TIME_LIMIT?: number;
  readonly CELERY_WORKER_SOFT_TIME_LIMIT?: number;
  readonly CELERY_WORKER_WITHOUT_MINGLE: boolean;
  readonly CELERY_WORKER_WITHOUT_GOSSIP: boolean;
  readonly CELERY_WORKER_SHIP_TASK_LOGS: boolean;
  readonly CELERY_WORKER_WITHOUT_HEARTBEAT: boolean;
  readonly CELERY_WORKER_POOL: string;
  readonly CELERY_WORKER_MAX_TASKS_PER_CHILD?: number;
  readonly CELERY_WORKER_AUTOSCALE?: string;
  readonly AUTOSCALE_KEEPALIVE: number;
  readonly CELERY_WORKER_THREAD_MEMORY_MB?: number;
  readonly CELERY_WORKER_HEAP_GROWTH_PERCENT: number;
  readonly CELERY_TASK_DEFAULT_QUEUE: string;
  readonly CELERY_TASK_ROUTES: string;
  readonly CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE: 'classic' | 'quorum';
  readonly CELERY_WORKER_ETA_PARK_AFTER: number;
  readonly CELERY_WORKER_ETA_MAX_HELD: number;
  readonly CELERY_WORKER_UNKNOWN_TASKS: 'reject' | 'hand-back';
  readonly CELERY_ACCEPT_CONTENT: string;
  readonly CELERY_WORKER_DEAD_LETTER_EXCHANGE?: string;
  readonly CELERY_WORKER_DEAD_LETTER_ROUTING_KEY?: string;
  readonly CELERY_WORKER_DEAD_LETTER_FAILURES: boolean;
  readonly CELERY_TASK_COMPRESSION: 'none' | 'zlib' | 'brotli' | 'zstd';
  readonly CELERY_TASK_COMPRESSION_MIN_BYTES: number;
  readonly CELERY_PROTECT_RESULTS: boolean;
}

/** Celery's names of levels, and ours for them. */
export const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
  fatal: 'error',
};

const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 7 * DAY_SECONDS;

/** One URL, or several of a cluster separated by `;` or `,`; the message must not quote them, they hold passwords. */
const brokerUrls = Joi.string().custom((value: string, helpers) => {
  try {
    return value.split(/[;,]/).map(checkedBrokerUrl).join(';');
  } catch {
    return helpers.message({ custom: 'must be amqp:// or amqps:// URLs' });
  }
});

/** The settings as they are validated; the configuration page is generated from it. */
export const workerConfigSchema = Joi.object<WorkerEnvironment>({
  RABBITMQ_HOST: Joi.string().default('127.0.0.1'),
  RABBITMQ_PORT: Joi.number().port().default(5672),
  RABBITMQ_USERNAME: Joi.string().default('guest'),
  RABBITMQ_PASSWORD: Joi.string().default('guest'),
  RABBITMQ_VHOST: Joi.string().default('/'),
  RABBITMQ_URL: brokerUrls,
  CELERY_BROKER_URL: brokerUrls,
  CELERY_RESULT_BACKEND: Joi.string()
    .custom((value: string, helpers) =>
      resultBackendKind(value) === undefined ? helpers.error('string.pattern.base') : value,
    )
    .default('rpc://'),
  CELERY_RESULT_EXPIRES: Joi.number().integer().min(0).default(DAY_SECONDS),
  CELERY_RESULT_CHORD_EXPIRES: Joi.number()
    .integer()
    .min(0)
    .description('How long a chord that never completes is kept on Redis, in seconds; as results if unset.'),
  CELERY_RESULT_CHORD_ORDERED: Joi.boolean()
    .default(true)
    .description(
      "A chord's body gets the values in the order of the header; false: as they came. The same in all workers.",
    ),
  CELERY_RESULT_CHORD_CLAIM: Joi.number()
    .integer()
    .min(1)
    .default(20)
    .description(
      "How long others wait for a worker that publishes a chord's body and may have died, in seconds; longer than publishing takes.",
    ),
  RESULT_STREAM: Joi.string().default('celery-gateway.results'),
  CHORD_QUEUE: Joi.string().default(CHORD_QUEUE),
  CELERY_WORKER_HOSTNAME: Joi.string()
    .default('celery@%h')
    .description('Nodename; %h host, %n name, %d domain (-n).'),
  CELERY_WORKER_QUEUES: Joi.string()
    .default('celery')
    .description('Queues to consume, separated by commas (-Q).'),
  CELERY_WORKER_CONCURRENCY: Joi.number()
    .integer()
    .min(1)
    .max(10_000)
    // What is taken without it (celery/bin/worker.py `_concurrency_value`).
    .empty(Joi.valid('auto', '0', 0))
    .default(availableParallelism())
    .description('Tasks run at the same time; auto is the number of CPUs (-c).')
    .meta({ documentedDefault: 'number of CPUs' }),
  CELERY_WORKER_PREFETCH_MULTIPLIER: Joi.number()
    .integer()
    .min(0)
    .max(1000)
    .default(4)
    .description('Messages prefetched for each slot; 0 is no limit.'),
  CELERY_WORKER_LOG_LEVEL: Joi.string()
    .lowercase()
    .valid(...Object.keys(LEVELS))
    .default('warning')
    .description('Least level that is logged (-l).'),
  CELERY_WORKER_SEND_TASK_EVENTS: Joi.boolean().default(false).description('Sends task events (-E).'),
  CELERY_WORKER_TASKS: Joi.string()
    .default('')
    .description('Task modules, separated by commas: paths or package names.'),
  CELERY_WORKER_SHUTDOWN_TIMEOUT: Joi.number()
    .min(0)
    .default(30)
    .description('How long a warm stop may take, in seconds.'),
  CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT: Joi.number()
    .min(0)
    .default(0)
    .description('How long a cold stop first waits for running tasks, in seconds; 0 is not at all.'),
  CELERY_WORKER_EXCLUDE_QUEUES: Joi.string()
    .default('')
    .description('Queues not to consume, of those named, separated by commas (-X).'),
  CELERY_WORKER_LOG_FILE: Joi.string().description(
    'File to log to instead of standard error; %h host, %n name, %d domain (-f).',
  ),
  CELERY_WORKER_STATE_DB: Joi.string().description(
    'File in which revoked tasks outlive a restart; %h host, %n name, %d domain (--statedb).',
  ),
  CELERY_WORKER_REVOKES_MAX: Joi.number()
    .integer()
    .min(1)
    .default(50_000)
    .description('Revoked tasks remembered; the oldest are forgotten first.'),
  CELERY_WORKER_REVOKE_EXPIRES: Joi.number()
    .min(1)
    .default(10_800)
    .description('How long a revoked task is remembered, in seconds.'),
  CELERY_RESULT_EXTENDED: Joi.boolean()
    .default(false)
    .description('Results carry name, arguments, worker, retries and queue (--result-extended).'),
  CELERY_WORKER_TIME_LIMIT: Joi.number()
    .greater(0)
    .max(WEEK_SECONDS)
    .description('Hard limit of tasks without their own, in seconds (--time-limit).'),
  CELERY_WORKER_SOFT_TIME_LIMIT: Joi.number()
    .greater(0)
    .max(WEEK_SECONDS)
    .description('Soft limit of tasks without their own, in seconds (--soft-time-limit).'),
  CELERY_WORKER_WITHOUT_MINGLE: Joi.boolean()
    .default(false)
    .description('Does not ask other workers at start (--without-mingle).'),
  CELERY_WORKER_WITHOUT_GOSSIP: Joi.boolean()
    .default(false)
    .description('Does not listen to other workers (--without-gossip).'),
  CELERY_WORKER_SHIP_TASK_LOGS: Joi.boolean()
    .default(true)
    .description('What tasks log is also sent to gateways, for GET /rabbitmq/tasks/{id}/logs.'),
  CELERY_WORKER_WITHOUT_HEARTBEAT: Joi.boolean()
    .default(false)
    .description('Sends no heartbeat events (--without-heartbeat).'),
  CELERY_WORKER_POOL: Joi.string()
    .valid(...Object.keys(POOLS))
    .default('async')
    .description('How tasks run: on the event loop (async) or in worker threads (threads) (-P).'),
  CELERY_WORKER_MAX_TASKS_PER_CHILD: Joi.number()
    .integer()
    .min(1)
    .description('Tasks a thread runs before it is replaced (--max-tasks-per-child).'),
  CELERY_WORKER_AUTOSCALE: Joi.string()
    .pattern(/^\s*\d{1,5}\s*(?:,\s*\d{1,5}\s*)?$/)
    .description('Bounds between which the pool adapts: MAX,MIN (--autoscale).'),
  AUTOSCALE_KEEPALIVE: Joi.number()
    .greater(0)
    .default(30)
    .description('How long an adapting pool stays quiet before it shrinks, in seconds.'),
  CELERY_WORKER_THREAD_MEMORY_MB: Joi.number()
    .integer()
    .min(8)
    .description('Heap of each thread in MiB; a task that needs more ends with WorkerLostError.'),
  CELERY_WORKER_HEAP_GROWTH_PERCENT: Joi.number()
    .integer()
    .min(0)
    .max(1000)
    .default(30)
    .description(
      'V8 collects garbage when the heap has grown by this much: less memory for some processor time; 0 leaves it to V8.',
    ),
  CELERY_TASK_DEFAULT_QUEUE: Joi.string()
    .default('celery')
    .description('Queue of tasks that no route sends elsewhere.'),
  CELERY_TASK_ROUTES: Joi.string()
    .pattern(/^(?:\s*[^=;,]+=[^=;,]+(?:[;,]|$))*$/, 'pattern=queue, separated by ; or ,')
    .allow('')
    .default('')
    .description('Routes as pattern=queue, the first match wins; a pattern may hold *.'),
  CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE: Joi.string()
    .valid('classic', 'quorum')
    .default('quorum')
    .description('Type of the queues delayed tasks wait in.'),
  CELERY_WORKER_ETA_PARK_AFTER: Joi.number()
    .min(0)
    .max(WEEK_SECONDS)
    .default(600)
    .description('A task due in this many seconds or more waits in the broker; 0: all wait in the worker.'),
  CELERY_WORKER_ETA_MAX_HELD: Joi.number()
    .integer()
    .min(0)
    .default(1000)
    .description('From this many waiting in the worker on, nearer tasks wait in the broker too.'),
  CELERY_WORKER_UNKNOWN_TASKS: Joi.string()
    .valid('reject', 'hand-back')
    .default('reject')
    .description(
      'A task nobody here knows: reject, or hand-back to other workers, ten times (--unknown-tasks).',
    ),
  CELERY_ACCEPT_CONTENT: Joi.string()
    .pattern(/^\s*(?:json|msgpack|yaml)\s*(?:,\s*(?:json|msgpack|yaml)\s*)*$/, 'json, msgpack, yaml')
    .default('json')
    .description('Serializers of the messages the worker reads, separated by commas.'),
  CELERY_WORKER_DEAD_LETTER_EXCHANGE: Joi.string()
    .allow('')
    .description(
      "Where unreadable messages go with their reason; the queue's own dead-letter exchange if unset.",
    ),
  CELERY_WORKER_DEAD_LETTER_ROUTING_KEY: Joi.string().description(
    'Routing key for it; the one the message came with if unset.',
  ),
  CELERY_WORKER_DEAD_LETTER_FAILURES: Joi.boolean()
    .default(false)
    .description('Failed tasks go there as well, after their last retry, with the error as their reason.'),
  ...bodySettings,
}).rename('RABBITMQ_USER', 'RABBITMQ_USERNAME', { ignoreUndefined: true, override: false });
