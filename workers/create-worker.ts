import { availableParallelism } from 'node:os';
import type { RouteFunction, TaskRoute } from '../celery/client';
import type { ContentProtection } from '../celery/protocol';
import { type Lifecycle, type Logger, silentLogger } from '../runtime';
import { bootstrapWorker } from './bootstrap';
import { nodenameOf } from './config';
import type { WorkerCommand } from './control';
import type { AutoscaleRange } from './pool';
import type { TaskDefinition } from './registry';
import type { SubscriberDefinition } from './subscribers';

/** How to embed a worker; names follow the command line. */
export interface WorkerOptions {
  /** Default: none, for a worker that has subscribers only. */
  readonly tasks?: readonly TaskDefinition[];
  /** Consumers of plain messages; they run on the event loop, whatever the pool. */
  readonly subscribers?: readonly SubscriberDefinition[];
  /** `amqp://` or `amqps://` URL, several for the nodes of a cluster. */
  readonly broker: string | readonly string[];
  /** `rpc://` (default), `redis://…` or `disabled://`. */
  readonly resultBackend?: string;
  /** Default one day. */
  readonly resultExpiresSeconds?: number;
  /** How long a chord that never completes is kept on Redis, in seconds; default: as results. */
  readonly chordExpiresSeconds?: number;
  /** Celery's `result_chord_ordered`: a body gets the values in the order of the header; default true. */
  readonly chordOrdered?: boolean;
  /** How long other workers wait for one that publishes a chord's body and may have died, in seconds; default 20. */
  readonly chordClaimSeconds?: number;
  /** Task queues; default `['celery']`. With `[]` it serves its subscribers only. */
  readonly queues?: readonly string[];
  /** Tasks at a time; default: the number of processors. */
  readonly concurrency?: number;
  /** Messages prefetched for each slot, default 4; 0 is no limit. */
  readonly prefetchMultiplier?: number;
  /** Nodename, `%h %n %d` expanded; default `celery@%h`. */
  readonly hostname?: string;
  /** Send task events from the start (`-E`); default false: once a monitor asks for them. */
  readonly taskEvents?: boolean;
  /** Log each task's receipt and end; default false: only failures and rejections. */
  readonly logsTasks?: boolean;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Remote control commands of your own, by name; Celery's own names are refused. */
  readonly commands?: Readonly<Record<string, WorkerCommand>>;
  /** Results carry name, arguments, worker, retries and queue; default false. */
  readonly resultExtended?: boolean;
  /** Limits of tasks that have none of their own, in seconds. */
  readonly timeLimitSeconds?: number;
  readonly softTimeLimitSeconds?: number;
  /** How long `kill()` first waits for what runs; default 0. */
  readonly softShutdownTimeoutMs?: number;
  /** File in which revoked tasks outlive a restart. */
  readonly stateFile?: string;
  /** Asks the other workers at start what they know, which takes a second; default true. */
  readonly mingle?: boolean;
  /** Listens to the other workers' events; default true. */
  readonly gossip?: boolean;
  /** Also send what tasks log to gateways. Default true. */
  readonly shipTaskLogs?: boolean;
  /** Sends heartbeat events; default true. */
  readonly heartbeat?: boolean;
  /** Queue of tasks sent from here that nothing sends elsewhere; default `celery`. */
  readonly defaultQueue?: string;
  /** Celery's `task_routes`: rules (exact name, glob, regular expression) and functions, tried in order. */
  readonly routes?: readonly (TaskRoute | RouteFunction)[];
  /** A task with an ETA at least this far away waits in the broker; default 600, 0: all wait here. */
  readonly etaParkAfterSeconds?: number;
  /** From so many waiting here on, nearer ETAs wait in the broker too; default 1000. */
  readonly etaMaxHeld?: number;
  /** Type of the 28 `celery_delayed_*` queues where they are missing; default `quorum`, as in Celery. */
  readonly delayedDeliveryQueueType?: 'classic' | 'quorum';
  /** `reject` (default, as Celery), or `hand-back`: other workers of the queue get the task, ten times at most. */
  readonly unknownTasks?: 'reject' | 'hand-back';
  /** Serializers of the messages it reads (`accept_content`); default `['json']`. */
  readonly acceptContent?: readonly ('json' | 'msgpack' | 'yaml')[];
  /** Compresses the bodies of tasks its tasks send; default: none. `zstd` needs Node 22.15. */
  readonly compression?: 'zlib' | 'brotli' | 'zstd' | undefined;
  /** Smaller bodies are sent as they are; default 0. */
  readonly compressionMinBytes?: number | undefined;
  /** Signs or encrypts the tasks it sends, and undoes that of those it reads; see `loadProtection`. */
  readonly protection?: ContentProtection | undefined;
  /** Its results too; default false. */
  readonly protectsResults?: boolean;
  /** Where unreadable messages go, with the reason; default: the queue's own dead-letter exchange. */
  readonly deadLetterExchange?: string;
  /** Default: the key the message came with. */
  readonly deadLetterRoutingKey?: string;
  /** Failed tasks go there as well, after their last retry, with the error; default: they only have their result. */
  readonly deadLetterFailures?: boolean;
  /** `async` (default): tasks share the event loop. `threads`: each slot is a thread, for CPU-bound tasks. */
  readonly pool?: 'async' | 'threads';
  /** With `threads`: paths or package names of the modules of `tasks`, which each thread loads for itself. */
  readonly taskModules?: readonly string[];
  /** A thread is replaced after so many tasks; default: never. */
  readonly maxTasksPerChild?: number;
  /** Heap of each thread in MiB; a task that needs more ends with WorkerLostError. */
  readonly threadMemoryMb?: number;
  /** Bounds between which the pool adapts to its load, in place of `concurrency`. */
  readonly autoscale?: AutoscaleRange;
  /** How long an adapting pool stays quiet before it shrinks; default 30 s. */
  readonly autoscaleKeepaliveMs?: number;
}

/** A worker to embed. Both calls are idempotent. */
export interface Worker extends Lifecycle {
  readonly nodename: string;
  /** The cold stop: tells what runs to end. Resolves once the process may end; its messages go back to the broker. */
  kill(): Promise<void>;
  /** Resolves when `shutdown` came by remote control; then call `stop()`. */
  readonly shutdownRequested: Promise<void>;
}

/** Makes a worker; nothing connects before `start()`. */
export function createWorker(options: WorkerOptions): Worker {
  return bootstrapWorker({
    tasks: options.tasks ?? [],
    brokerUrls: typeof options.broker === 'string' ? [options.broker] : options.broker,
    resultBackend: options.resultBackend ?? 'rpc://',
    resultExpiresSeconds: options.resultExpiresSeconds ?? 86_400,
    queues: options.queues ?? ['celery'],
    concurrency: options.concurrency ?? availableParallelism(),
    prefetchMultiplier: options.prefetchMultiplier ?? 4,
    nodename: nodenameOf(options.hostname ?? 'celery@%h'),
    taskEvents: options.taskEvents ?? false,
    logsTasks: options.logsTasks ?? false,
    logger: options.logger ?? silentLogger(),
    ...given(options, OPTIONAL),
  });
}

/** Options that go through as they are. */
const OPTIONAL = [
  'chordExpiresSeconds',
  'chordOrdered',
  'chordClaimSeconds',
  'subscribers',
  'pool',
  'taskModules',
  'maxTasksPerChild',
  'threadMemoryMb',
  'autoscale',
  'autoscaleKeepaliveMs',
  'commands',
  'resultExtended',
  'timeLimitSeconds',
  'softTimeLimitSeconds',
  'softShutdownTimeoutMs',
  'stateFile',
  'mingle',
  'gossip',
  'shipTaskLogs',
  'heartbeat',
  'defaultQueue',
  'routes',
  'etaParkAfterSeconds',
  'etaMaxHeld',
  'delayedDeliveryQueueType',
  'unknownTasks',
  'acceptContent',
  'compression',
  'compressionMinBytes',
  'protection',
  'protectsResults',
  'deadLetterExchange',
  'deadLetterRoutingKey',
  'deadLetterFailures',
] as const satisfies readonly (keyof WorkerOptions)[];

function given<Key extends keyof WorkerOptions>(
  options: WorkerOptions,
  keys: readonly Key[],
): Partial<Pick<WorkerOptions, Key>> {
  const present = keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]);
  return Object.fromEntries(present) as Partial<Pick<WorkerOptions, Key>>;
}
