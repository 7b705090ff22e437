import { Command, Option } from 'commander';
import type { Environment } from '../runtime';
import { withAdvice } from './celery-options';

interface CommandOptions {
  readonly broker?: string;
  readonly resultBackend?: string;
  readonly resultExtended?: boolean;
  readonly tasks?: readonly string[];
  readonly hostname?: string;
  readonly statedb?: string;
  readonly loglevel?: string;
  readonly logfile?: string;
  readonly prefetchMultiplier?: string;
  readonly concurrency?: string;
  readonly pool?: string;
  readonly taskEvents?: boolean;
  /** Celery's other name of `--task-events`. */
  readonly events?: boolean;
  readonly timeLimit?: string;
  readonly softTimeLimit?: string;
  readonly maxTasksPerChild?: string;
  readonly queues?: string;
  readonly excludeQueues?: string;
  readonly withoutGossip?: boolean;
  readonly withoutMingle?: boolean;
  readonly withoutHeartbeat?: boolean;
  readonly autoscale?: string;
  readonly unknownTasks?: string;
}

/** The options of `celery worker` this worker has, under the same letters and headings; each has a variable. */
export function workerCommand(version: string): Command {
  return new Command('celery-gateway-worker')
    .description('Start a Celery worker in TypeScript. Every option can come from the environment instead.')
    .version(version, '--version', 'show the version and exit')
    .helpOption('-h, --help', 'show this message and exit')
    .configureOutput({ outputError: (text, write) => write(withAdvice(text)) })
    .optionsGroup('Application Options:')
    .option('-b, --broker <url>', 'amqp:// or amqps:// URL of RabbitMQ [CELERY_BROKER_URL]')
    .option('--result-backend <url>', 'rpc://, redis://… or disabled:// [CELERY_RESULT_BACKEND]')
    .option('--result-extended', 'results carry name, arguments, worker, retries [CELERY_RESULT_EXTENDED]')
    .option('--tasks <modules...>', 'task modules: built files, folders, packages [CELERY_WORKER_TASKS]')
    .optionsGroup('Worker Options:')
    .option('-n, --hostname <name>', 'nodename; %h host, %n name, %d domain [CELERY_WORKER_HOSTNAME]')
    .option('-S, --statedb <path>', 'keeps revoked tasks over restarts [CELERY_WORKER_STATE_DB]')
    .option('-l, --loglevel <level>', 'DEBUG, INFO, WARNING, ERROR, CRITICAL [CELERY_WORKER_LOG_LEVEL]')
    .option('-f, --logfile <path>', 'log to a file; %h, %n, %d as with -n [CELERY_WORKER_LOG_FILE]')
    .option('--prefetch-multiplier <n>', 'messages prefetched per slot [CELERY_WORKER_PREFETCH_MULTIPLIER]')
    .optionsGroup('Pool Options:')
    .option('-c, --concurrency <n>', "tasks at a time, or 'auto' [CELERY_WORKER_CONCURRENCY]")
    .option('-P, --pool <pool>', 'async, or threads (alias prefork) [CELERY_WORKER_POOL]')
    .option('-E, --task-events', 'send task events for monitors [CELERY_WORKER_SEND_TASK_EVENTS]')
    .addOption(new Option('--events').hideHelp())
    .option('--time-limit <seconds>', 'hard limit of tasks without one [CELERY_WORKER_TIME_LIMIT]')
    .option('--soft-time-limit <seconds>', 'soft limit of tasks without one [CELERY_WORKER_SOFT_TIME_LIMIT]')
    .option('--max-tasks-per-child <n>', 'tasks per thread [CELERY_WORKER_MAX_TASKS_PER_CHILD]')
    .optionsGroup('Queue Options:')
    .option('-Q, --queues <names>', 'comma-separated queues to consume [CELERY_WORKER_QUEUES]')
    .option('-X, --exclude-queues <names>', 'of those not to consume [CELERY_WORKER_EXCLUDE_QUEUES]')
    .option('--unknown-tasks <what>', 'reject or hand-back [CELERY_WORKER_UNKNOWN_TASKS]')
    .optionsGroup('Features:')
    .option('--without-gossip', 'do not listen to other workers [CELERY_WORKER_WITHOUT_GOSSIP]')
    .option('--without-mingle', 'do not ask other workers at start [CELERY_WORKER_WITHOUT_MINGLE]')
    .option('--without-heartbeat', 'send no heartbeat events [CELERY_WORKER_WITHOUT_HEARTBEAT]')
    .option('--autoscale <max,min>', 'bounds of the pool [CELERY_WORKER_AUTOSCALE]');
}

const flag = (given: boolean | undefined): string | undefined => (given === true ? 'true' : undefined);

/** Lays the command line over the environment: what was typed wins. */
export function overlay(env: Environment, options: CommandOptions): Environment {
  const typed: Record<string, string | undefined> = {
    CELERY_BROKER_URL: options.broker,
    CELERY_RESULT_BACKEND: options.resultBackend,
    CELERY_RESULT_EXTENDED: flag(options.resultExtended),
    CELERY_WORKER_TASKS: options.tasks?.join(','),
    CELERY_WORKER_HOSTNAME: options.hostname,
    CELERY_WORKER_STATE_DB: options.statedb,
    CELERY_WORKER_LOG_LEVEL: options.loglevel,
    CELERY_WORKER_LOG_FILE: options.logfile,
    CELERY_WORKER_PREFETCH_MULTIPLIER: options.prefetchMultiplier,
    CELERY_WORKER_CONCURRENCY: options.concurrency,
    CELERY_WORKER_POOL: options.pool,
    CELERY_WORKER_SEND_TASK_EVENTS: flag(options.taskEvents ?? options.events),
    CELERY_WORKER_TIME_LIMIT: options.timeLimit,
    CELERY_WORKER_SOFT_TIME_LIMIT: options.softTimeLimit,
    CELERY_WORKER_MAX_TASKS_PER_CHILD: options.maxTasksPerChild,
    CELERY_WORKER_QUEUES: options.queues,
    CELERY_WORKER_EXCLUDE_QUEUES: options.excludeQueues,
    CELERY_WORKER_WITHOUT_GOSSIP: flag(options.withoutGossip),
    CELERY_WORKER_WITHOUT_MINGLE: flag(options.withoutMingle),
    CELERY_WORKER_WITHOUT_HEARTBEAT: flag(options.withoutHeartbeat),
    CELERY_WORKER_AUTOSCALE: options.autoscale,
    CELERY_WORKER_UNKNOWN_TASKS: options.unknownTasks,
  };
  return { ...env, ...Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined)) };
}
