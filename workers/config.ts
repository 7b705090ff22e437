import { hostname } from 'node:os';
import { brokerUrl } from '../amqp';
import {
  type ContentProtection,
  defaultNodename,
  expandNodename,
  type SerializerName,
} from '../celery/protocol';
import { loadProtection } from '../celery/security';
import { ConfigError, type Environment, type LogLevel, loadConfig } from '../runtime';
import { LEVELS, POOLS, type PoolName, type WorkerEnvironment, workerConfigSchema } from './config-schema';

export { workerConfigSchema } from './config-schema';

/** The worker's settings, complete and checked. */
export interface WorkerConfig {
  readonly brokerUrls: readonly string[];
  readonly resultBackend: string;
  readonly resultExpiresSeconds: number;
  /** How long a chord that never completes is kept on Redis; undefined: as results. */
  readonly chordExpiresSeconds: number | undefined;
  readonly chordOrdered: boolean;
  /** How long the right to fire a chord's body lasts. */
  readonly chordClaimSeconds: number;
  readonly resultStream: string;
  readonly chordQueue: string;
  readonly nodename: string;
  readonly queues: readonly string[];
  readonly concurrency: number;
  /** Messages prefetched for each slot; 0 is no limit. */
  readonly prefetchMultiplier: number;
  readonly logLevel: LogLevel;
  readonly taskEvents: boolean;
  /** Task modules: paths or package names. */
  readonly taskModules: readonly string[];
  /** How long a warm stop may take. */
  readonly shutdownTimeoutMs: number;
  /** How long a cold stop first waits for what runs; 0 is not at all. */
  readonly softShutdownTimeoutMs: number;
  /** Where the log goes instead of standard error. */
  readonly logFile: string | null;
  /** Where revoked tasks outlive a restart. */
  readonly stateFile: string | null;
  /** Results carry name, arguments, worker, retries and queue. */
  readonly resultExtended: boolean;
  /** Limits of tasks that have none of their own, in seconds. */
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  readonly mingle: boolean;
  readonly gossip: boolean;
  /** What tasks log is also sent to gateways. */
  readonly shipTaskLogs: boolean;
  readonly heartbeat: boolean;
  readonly maxRevoked: number;
  readonly revokeExpiresMs: number;
  /** `async` or `threads`. */
  readonly pool: PoolName;
  /** The pool's name as it was given; `prefork` runs as threads. */
  readonly poolAsked: string;
  /** Tasks a thread runs before it is replaced. */
  readonly maxTasksPerChild: number | null;
  readonly autoscale: { readonly max: number; readonly min: number } | null;
  readonly autoscaleKeepaliveMs: number;
  /** Heap of each thread in MiB. */
  readonly threadMemoryMb: number | null;
  /** Percent by which the heap may grow between collections; 0 leaves it to V8. */
  readonly heapGrowthPercent: number;
  readonly defaultQueue: string;
  readonly routes: readonly { readonly pattern: string; readonly queue: string }[];
  readonly delayedDeliveryQueueType: 'classic' | 'quorum';
  /** ETAs this far away wait in the broker; 0: none. */
  readonly etaParkAfterSeconds: number;
  readonly etaMaxHeld: number;
  readonly unknownTasks: 'reject' | 'hand-back';
  readonly acceptContent: readonly SerializerName[];
  readonly deadLetterExchange: string | null;
  readonly deadLetterRoutingKey: string | null;
  readonly deadLetterFailures: boolean;
  /** Signs or encrypts messages; undefined where they are plain. */
  readonly protection: ContentProtection | undefined;
  /** Of tasks that tasks send; undefined: none. */
  readonly compression: 'zlib' | 'brotli' | 'zstd' | undefined;
  readonly compressionMinBytes: number;
  readonly protectsResults: boolean;
}

/** Most `RABBITMQ_USER` files carry both names; the longer one wins. */
function withoutAlias(env: Environment): Environment {
  if (env.RABBITMQ_USERNAME === undefined || env.RABBITMQ_USER === undefined) return env;
  const { RABBITMQ_USER: _alias, ...rest } = env;
  return rest;
}

/**
 * Reads the settings; the command line is laid over the environment before.
 * @throws ConfigError with all problems
 */
export function loadWorkerConfig(env: Environment): WorkerConfig {
  const settings = loadConfig(workerConfigSchema, withoutAlias(env));
  const nodename = nodenameOf(settings.CELERY_WORKER_HOSTNAME);
  const placed = (path: string | undefined): string | null =>
    path === undefined ? null : expandNodename(path, nodename);
  return {
    brokerUrls: brokerUrlsOf(settings),
    resultBackend: settings.CELERY_RESULT_BACKEND,
    resultExpiresSeconds: settings.CELERY_RESULT_EXPIRES,
    chordExpiresSeconds: settings.CELERY_RESULT_CHORD_EXPIRES,
    chordOrdered: settings.CELERY_RESULT_CHORD_ORDERED,
    chordClaimSeconds: settings.CELERY_RESULT_CHORD_CLAIM,
    resultStream: settings.RESULT_STREAM,
    chordQueue: settings.CHORD_QUEUE,
    nodename,
    queues: queuesOf(settings),
    concurrency: settings.CELERY_WORKER_POOL === 'solo' ? 1 : settings.CELERY_WORKER_CONCURRENCY,
    prefetchMultiplier: settings.CELERY_WORKER_PREFETCH_MULTIPLIER,
    logLevel: LEVELS[settings.CELERY_WORKER_LOG_LEVEL] ?? 'warn',
    taskEvents: settings.CELERY_WORKER_SEND_TASK_EVENTS,
    taskModules: names(settings.CELERY_WORKER_TASKS),
    shutdownTimeoutMs: settings.CELERY_WORKER_SHUTDOWN_TIMEOUT * 1000,
    softShutdownTimeoutMs: settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT * 1000,
    logFile: placed(settings.CELERY_WORKER_LOG_FILE),
    stateFile: placed(settings.CELERY_WORKER_STATE_DB),
    maxRevoked: settings.CELERY_WORKER_REVOKES_MAX,
    revokeExpiresMs: settings.CELERY_WORKER_REVOKE_EXPIRES * 1000,
    resultExtended: settings.CELERY_RESULT_EXTENDED,
    timeLimitSeconds: settings.CELERY_WORKER_TIME_LIMIT ?? null,
    softTimeLimitSeconds: settings.CELERY_WORKER_SOFT_TIME_LIMIT ?? null,
    mingle: !settings.CELERY_WORKER_WITHOUT_MINGLE,
    gossip: !settings.CELERY_WORKER_WITHOUT_GOSSIP,
    shipTaskLogs: settings.CELERY_WORKER_SHIP_TASK_LOGS,
    heartbeat: !settings.CELERY_WORKER_WITHOUT_HEARTBEAT,
    pool: POOLS[settings.CELERY_WORKER_POOL] ?? 'async',
    poolAsked: settings.CELERY_WORKER_POOL,
    maxTasksPerChild: settings.CELERY_WORKER_MAX_TASKS_PER_CHILD ?? null,
    autoscale: autoscaleOf(settings.CELERY_WORKER_AUTOSCALE),
    autoscaleKeepaliveMs: settings.AUTOSCALE_KEEPALIVE * 1000,
    threadMemoryMb: settings.CELERY_WORKER_THREAD_MEMORY_MB ?? null,
    heapGrowthPercent: settings.CELERY_WORKER_HEAP_GROWTH_PERCENT,
    defaultQueue: settings.CELERY_TASK_DEFAULT_QUEUE,
    routes: routesOf(settings.CELERY_TASK_ROUTES),
    delayedDeliveryQueueType: settings.CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE,
    etaParkAfterSeconds: settings.CELERY_WORKER_ETA_PARK_AFTER,
    etaMaxHeld: settings.CELERY_WORKER_ETA_MAX_HELD,
    unknownTasks: settings.CELERY_WORKER_UNKNOWN_TASKS,
    acceptContent: names(settings.CELERY_ACCEPT_CONTENT) as readonly SerializerName[],
    deadLetterExchange: settings.CELERY_WORKER_DEAD_LETTER_EXCHANGE ?? null,
    deadLetterRoutingKey: settings.CELERY_WORKER_DEAD_LETTER_ROUTING_KEY ?? null,
    deadLetterFailures: settings.CELERY_WORKER_DEAD_LETTER_FAILURES,
    protection: protectionOf(settings),
    compression: settings.CELERY_TASK_COMPRESSION === 'none' ? undefined : settings.CELERY_TASK_COMPRESSION,
    compressionMinBytes: settings.CELERY_TASK_COMPRESSION_MIN_BYTES,
    protectsResults: settings.CELERY_PROTECT_RESULTS,
  };
}

/** @throws ConfigError for keys and certificates that cannot be used */
function protectionOf(settings: WorkerEnvironment): ContentProtection | undefined {
  try {
    return loadProtection(settings, Date.now);
  } catch (error) {
    throw new ConfigError([{ setting: 'CELERY_SECURITY_*, CELERY_ENCRYPTION_*', detail: String(error) }]);
  }
}

/** The nodename for what was given with `-n`: `%h` host, `%n` name, `%d` domain (celery/utils/nodenames.py). */
export function nodenameOf(given: string): string {
  const host = hostname();
  return expandNodename(defaultNodename(given, host), defaultNodename('', host));
}

function brokerUrlsOf(settings: WorkerEnvironment): readonly string[] {
  const given = settings.CELERY_BROKER_URL ?? settings.RABBITMQ_URL;
  if (given !== undefined) return given.split(';');
  return [
    brokerUrl({
      host: settings.RABBITMQ_HOST,
      port: settings.RABBITMQ_PORT,
      username: settings.RABBITMQ_USERNAME,
      password: settings.RABBITMQ_PASSWORD,
      vhost: settings.RABBITMQ_VHOST,
    }),
  ];
}

const names = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** `pattern=queue`, separated by `;` or `,`. */
const routesOf = (text: string): WorkerConfig['routes'] =>
  text
    .split(/[;,]/)
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const [pattern = '', queue = ''] = item.split('=');
      return { pattern: pattern.trim(), queue: queue.trim() };
    });

/** The queues named (-Q) without those excluded (-X). */
function queuesOf(settings: WorkerEnvironment): readonly string[] {
  const excluded = new Set(names(settings.CELERY_WORKER_EXCLUDE_QUEUES));
  const queues = [...new Set(names(settings.CELERY_WORKER_QUEUES))].filter((name) => !excluded.has(name));
  if (queues.length > 0) return queues;
  throw new ConfigError([{ setting: 'CELERY_WORKER_EXCLUDE_QUEUES', detail: 'leaves no queue to consume' }]);
}

/** Either order, one number alone is the maximum (celery/bin/worker.py `Autoscale`). */
function autoscaleOf(text: string | undefined): WorkerConfig['autoscale'] {
  if (text === undefined) return null;
  const [first = 0, second = 0] = text.split(',').map(Number);
  return { max: Math.max(first, second), min: Math.min(first, second) };
}
