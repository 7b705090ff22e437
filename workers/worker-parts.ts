import type { ConfirmPublisher, Topology } from '../amqp';
import type { ChordCounter, RouteFunction, TaskRoute } from '../celery/client';
import type { ContentProtection, DelayedQueueType, SerializerName } from '../celery/protocol';
import type { Clock, Logger } from '../runtime';
import type { PoolName } from './config-schema';
import type { WorkerCommand } from './control';
import type { AutoscaleRange } from './pool';
import type { TaskDefinition } from './registry';
import type { SubscriberDefinition } from './subscribers';

/** All a worker is made of; what is left out is as Celery has it by default. */
export interface WorkerParts {
  readonly tasks: readonly TaskDefinition[];
  /** Consumers of plain messages, beside the tasks. */
  readonly subscribers?: readonly SubscriberDefinition[];
  readonly brokerUrls: readonly string[];
  readonly resultBackend: string;
  readonly resultExpiresSeconds: number;
  /** How long a chord that never completes is kept on Redis; default: as results. Celery's `result_chord_expires`. */
  readonly chordExpiresSeconds?: number | undefined;
  /** Whether a body gets the values in the order of the header; Celery's `result_chord_ordered`, default true. */
  readonly chordOrdered?: boolean | undefined;
  /** How long another worker waits for one that publishes a chord's body, and may have died; default 20. */
  readonly chordClaimSeconds?: number | undefined;
  readonly nodename: string;
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly prefetchMultiplier: number;
  readonly taskEvents: boolean;
  readonly logsTasks: boolean | (() => boolean);
  readonly logger: Logger;
  readonly resultExtended?: boolean;
  readonly timeLimitSeconds?: number | null;
  readonly softTimeLimitSeconds?: number | null;
  readonly softShutdownTimeoutMs?: number;
  readonly stateFile?: string | null;
  readonly maxRevoked?: number;
  readonly revokeExpiresMs?: number;
  readonly mingle?: boolean;
  readonly gossip?: boolean;
  readonly shipTaskLogs?: boolean;
  readonly heartbeat?: boolean;
  /** Remote control commands beside Celery's own. */
  readonly commands?: Readonly<Record<string, WorkerCommand>>;
  /** Celery's `task_default_queue`; default `celery`. */
  readonly defaultQueue?: string;
  /** Celery's `task_routes`, for what tasks send and for next steps. */
  readonly routes?: readonly (TaskRoute | RouteFunction)[];
  readonly delayedDeliveryQueueType?: DelayedQueueType;
  /** ETAs this far away wait in the broker; 0: all wait here. */
  readonly etaParkAfterSeconds?: number;
  /** ETA tasks held here at most, as long as the broker takes them. */
  readonly etaMaxHeld?: number;
  readonly unknownTasks?: UnknownTasks;
  /** Celery's `accept_content`; default JSON only. */
  readonly acceptContent?: readonly SerializerName[];
  /** Where unreadable messages go with their reason; default: the queue's own dead-letter exchange. */
  readonly deadLetterExchange?: string | null;
  readonly deadLetterRoutingKey?: string | null;
  /** Failed tasks go there as well, after their last retry. */
  readonly deadLetterFailures?: boolean;
  /** Where tasks run; default `async`. */
  readonly pool?: PoolName;
  /** Modules that each thread loads for itself: paths or package names. Needed for `threads`. */
  readonly taskModules?: readonly string[];
  readonly maxTasksPerChild?: number | null;
  /** Heap of each thread in MiB. */
  readonly threadMemoryMb?: number | null;
  readonly autoscale?: AutoscaleRange | null;
  readonly autoscaleKeepaliveMs?: number;
  /** The file threads start with; default: the one of this build. */
  readonly threadEntry?: string;
  /** The gateways' result stream: with rpc, chords of callers whose results go there are joined by a gateway. */
  readonly resultStream?: string;
  /** Where the gateways are told of such chords. */
  readonly chordQueue?: string;
  /** Counts the chords this worker starts in place of the result backend or the gateways. */
  readonly chordCounter?: (made: {
    readonly publisher: ConfirmPublisher;
    readonly topology: Topology;
  }) => ChordCounter;
  /** Signs or encrypts the tasks it sends, and undoes that of those it reads. */
  readonly protection?: ContentProtection | undefined;
  /** Of the tasks its tasks send; undefined: none. */
  readonly compression?: 'zlib' | 'brotli' | 'zstd' | undefined;
  /** Smaller bodies are sent as they are. */
  readonly compressionMinBytes?: number | undefined;
  /** Its results too. */
  readonly protectsResults?: boolean;
  readonly clock?: Clock;
}

/** What happens to a task this worker does not know. */
export type UnknownTasks = 'reject' | 'hand-back';
