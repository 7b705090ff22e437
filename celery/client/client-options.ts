import type { AmqpLogger, ConfirmPublisher, Topology } from '../../amqp';
import type { CompressionName, ContentProtection, TaskMessage, TaskOptions } from '../protocol';
import type { SubmissionRecords } from '../records';
import type { ResultReader } from '../results';
import type { DelayedDelivery } from './delayed-delivery';
import type { RouteFunction, TaskRoute } from './router';
import type { SendTracing } from './send-span';

/** Names of the serializers a task message may be written with. */
export type SerializerName = NonNullable<TaskOptions['serializer']>;

/** A task to be submitted. */
export interface TaskSubmission {
  readonly name: string;
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly options?: TaskOptions | undefined;
  /** Routed by this name in place of its own: a map goes where the task it maps goes (Celery's `route_name`). */
  readonly routeName?: string | undefined;
  /** Lets `x-*` headers through: only for what was a message before (a retry). */
  readonly trustedHeaders?: boolean | undefined;
}

/** A task the broker has confirmed and routed. */
export interface SubmittedTask {
  readonly taskId: string;
  /** Queue name, or the routing key where an exchange was addressed. */
  readonly queue: string;
  readonly message: TaskMessage;
}

export interface CeleryClientOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly topology: Pick<Topology, 'queueStatus' | 'ensureQueue' | 'ensureExchange' | 'bindQueue'>;
  readonly results: ResultReader;
  /** Undefined turns the submission record off. */
  readonly records?: SubmissionRecords | undefined;
  /** Where workers send results; Celery's `oid`, or our result stream. */
  readonly replyTo: string | (() => string);
  /** Celery's `task_default_queue`. */
  readonly defaultQueue: string;
  /** Celery's `task_routes`. */
  readonly routes?: readonly (TaskRoute | RouteFunction)[] | undefined;
  /** Options a task was declared with; they win over routes, and what a caller says wins over them. */
  readonly declaredOptions?: ((task: string) => TaskOptions | undefined) | undefined;
  /** Delays in the broker; without it a task with an ETA goes to its queue at once. */
  readonly delayed?: DelayedDelivery | undefined;
  /** Celery's `task_create_missing_queues`. */
  readonly createMissingQueues: boolean;
  /** Submit the recorded tasks of a vanished queue again, under the same ids. Default false. */
  readonly resubmitVanished?: boolean | undefined;
  /** How old a queue's last passive check may be, in milliseconds. Default 3000. */
  readonly queueCheckIntervalMs?: number | undefined;
  /** How long a submission may take, from its first step to the confirm. Default: each step has its own limit. */
  readonly deadlineMs?: number | undefined;
  readonly serializer: SerializerName;
  /** Of bodies whose submission names none. Default: none. */
  readonly compression?: CompressionName | undefined;
  /** Smaller bodies are not compressed by it. */
  readonly compressionMinBytes?: number | undefined;
  /** Signs or encrypts what is sent. */
  readonly protection?: ContentProtection | undefined;
  /** The `origin` header, `gen<pid>@<host>`. */
  readonly origin: string;
  readonly now?: (() => number) | undefined;
  /** Milliseconds that never jump. Default `performance.now`. */
  readonly monotonic?: (() => number) | undefined;
  readonly newId?: (() => string) | undefined;
  /** Makes a span of each task that is sent; without it none are made. */
  readonly tracing?: SendTracing | undefined;
  readonly logger: AmqpLogger;
}
