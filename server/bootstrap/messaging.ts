import { hostname } from 'node:os';
import { AmqpConnections, ConfirmPublisher, SettlingQueues, Topology } from '../../amqp';
import {
  CeleryClient,
  type CeleryClientOptions,
  ControlClient,
  DelayedDelivery,
  EventReceiver,
  Inspector,
  type ResultReader,
  SubmissionRecords,
  submissionIndex,
  TaskHistory,
  WorkerDirectory,
} from '../../celery';
import { anonNodename, LamportClock } from '../../celery/protocol';
import type { Clock, Logger, Tracing } from '../../runtime';
import type { ServerConfig } from '../config';
import { CeleryQueues, EventFeed, RabbitMQService, RecalledResults, UnheardEnds } from '../messaging';
import { partitionRoute, partsOf } from '../queues';
import { brokerConnection } from './broker-connection';
import { contentProtection } from './content-protection';
import { createResultSide, type ResultSide } from './results';

export interface RabbitMQServiceOptions {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Undefined where the program makes no spans. */
  readonly tracing?: Tracing | undefined;
}

/** What most parts are made with. */
interface Link {
  readonly connections: AmqpConnections;
  readonly publisher: ConfirmPublisher;
  readonly topology: Topology;
  /** Shared by all that declare or publish for callers. */
  readonly settling: SettlingQueues;
}

function link(options: RabbitMQServiceOptions): Link {
  const { config, clock, logger } = options;
  const settling = new SettlingQueues({ monotonic: () => clock.monotonic() });
  const connections = new AmqpConnections(brokerConnection(options));
  const publisher = new ConfirmPublisher({
    connection: connections.publish,
    channels: config.PUBLISHER_CHANNELS,
    maxInFlight: config.PUBLISHER_MAX_IN_FLIGHT,
    maxInFlightBytes: config.PUBLISHER_MAX_IN_FLIGHT_BYTES,
    deadlineMs: config.PUBLISHER_DEADLINE_MS,
    settling,
    logger,
  });
  // On the consume connection: it stays usable while the broker blocks publishers.
  const topology = new Topology({ connection: connections.consume, settling, logger });
  return { connections, publisher, topology, settling };
}

function submissionRecords(
  { config, logger }: RabbitMQServiceOptions,
  { connections, topology }: Link,
  history: TaskHistory,
) {
  if (!config.SUBMISSION_RECORD_ENABLED) return undefined;
  return new SubmissionRecords({
    connection: connections.consume,
    topology,
    streamName: config.SUBMISSION_RECORD_STREAM,
    maxAgeSeconds: config.SUBMISSION_RECORD_MAX_AGE_SECONDS,
    maxStreamBytes: config.TRAFFIC_STREAMS_MAX_BYTES || undefined,
    index: submissionIndex(history),
    logger,
  });
}

function celeryClient(
  { config, logger, tracing }: RabbitMQServiceOptions,
  { publisher, topology }: Pick<CeleryClientOptions, 'publisher'> & Pick<Link, 'topology'>,
  results: { readonly reader: ResultReader; readonly replyTo: () => string },
  records: SubmissionRecords | undefined,
) {
  return new CeleryClient({
    publisher,
    topology,
    delayed: new DelayedDelivery({
      topology,
      queueType: config.CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE,
      logger,
      now: Date.now,
    }),
    results: results.reader,
    records,
    replyTo: results.replyTo,
    defaultQueue: config.CELERY_TASK_DEFAULT_QUEUE,
    routes: [...config.CELERY_TASK_PARTITIONS.map(partitionRoute), ...config.CELERY_TASK_ROUTES],
    createMissingQueues: config.CELERY_TASK_CREATE_MISSING_QUEUES,
    resubmitVanished: config.SUBMISSION_RECORD_RESUBMIT,
    queueCheckIntervalMs: config.PUBLISHER_QUEUE_CHECK_INTERVAL_MS,
    deadlineMs: config.PUBLISHER_DEADLINE_MS,
    serializer: config.CELERY_TASK_SERIALIZER,
    compression: config.CELERY_TASK_COMPRESSION === 'none' ? undefined : config.CELERY_TASK_COMPRESSION,
    compressionMinBytes: config.CELERY_TASK_COMPRESSION_MIN_BYTES,
    protection: contentProtection(config),
    origin: anonNodename(process.pid, hostname()),
    tracing,
    logger,
  });
}

function celeryQueues(config: ServerConfig): CeleryQueues {
  const routed = [
    ...config.CELERY_TASK_ROUTES.map((route) => route.queue),
    ...config.CELERY_TASK_PARTITIONS.flatMap(partsOf),
  ];
  return new CeleryQueues(
    new Set([config.CELERY_TASK_DEFAULT_QUEUE, ...routed, ...config.GATEWAY_CELERY_QUEUES]),
  );
}

function eventReceiver(
  { config, logger }: RabbitMQServiceOptions,
  { connections, topology }: Link,
  clock: LamportClock,
  feed: EventFeed,
) {
  return new EventReceiver({
    connection: connections.consume,
    topology,
    clock,
    maxAgeSeconds: config.EVENTS_MAX_AGE_SECONDS,
    maxStreamBytes: config.TRAFFIC_STREAMS_MAX_BYTES || undefined,
    onEvent: (event, source) => feed.onEvent(event, source),
    protection: contentProtection(config),
    logger,
  });
}

/** What messaging is made of, for features that need more of it than {@link RabbitMQService} offers. */
export interface BrokerParts extends Link {
  readonly client: CeleryClient;
  /** The same client on another publisher: for who must send on a channel of its own. */
  readonly clientOn: (publisher: Pick<ConfirmPublisher, 'publish'>) => CeleryClient;
  readonly results: ResultSide;
  /** Undefined while the record is switched off. */
  readonly records: SubmissionRecords | undefined;
  readonly control: ControlClient;
  /** Looks at workers for all features: shared, or callers could not share their broadcasts. */
  readonly inspector: Inspector;
  /** Who is online, by their events. */
  readonly workers: WorkerDirectory;
  /** All that is known of each task. */
  readonly history: TaskHistory;
  readonly celeryQueues: CeleryQueues;
  readonly lamport: LamportClock;
}

/** Whether asking the broker makes sense: a scrape of metrics should not wait for one that is away. */
export const isThere = ({ connections }: Pick<BrokerParts, 'connections'>): boolean =>
  connections.state === 'connected' || connections.state === 'blocked';

/** Messaging over RabbitMQ and its parts. */
export interface Messaging {
  readonly service: RabbitMQService;
  readonly broker: BrokerParts;
}

/** Puts messaging together from the layers below. @throws ConfigError for files and URLs that cannot be used. */
export function createRabbitMQMessaging(options: RabbitMQServiceOptions): Messaging {
  const { config, logger, clock } = options;
  const parts = link(options);
  const { connections, publisher, topology } = parts;
  const lamport = new LamportClock();
  const workers = new WorkerDirectory();
  const history = new TaskHistory({
    maxTasks: config.TASK_HISTORY_LIMIT,
    maxChanges: config.EVENT_STREAM_BACKLOG,
    now: () => clock.now(),
  });
  const results = createResultSide({ config, connection: connections.consume, topology, history, logger });
  const records = submissionRecords(options, parts, history);
  const control = new ControlClient({
    connections,
    publisher,
    clock: lamport,
    knownNodes: () => workers.aliveNodes(),
    timeoutMs: config.CONTROL_TIMEOUT_MS,
    protection: contentProtection(config),
    logger,
  });
  const inspector = new Inspector({
    control,
    cacheMs: config.CONTROL_CACHE_MS,
    maxBroadcasts: config.CONTROL_MAX_BROADCASTS,
    monotonic: () => clock.monotonic(),
  });
  const enableOnWorkers = config.EVENTS_ENABLE_ON_WORKERS ? control : undefined;
  const feed = new EventFeed({ history, workers, enableOnWorkers, clock, logger });
  const client = celeryClient(options, parts, results, records);
  const queues = celeryQueues(config);
  const service = new RabbitMQService({
    connections,
    publisher,
    topology,
    client,
    results: results.reader,
    records,
    control,
    inspector,
    events: config.EVENTS_ENABLED ? eventReceiver(options, parts, lamport, feed) : undefined,
    history,
    recalled: new RecalledResults({ history, results: results.reader, logger }),
    unheardEnds: new UnheardEnds({ history, results: results.reader, clock }),
    celeryQueues: queues,
    clock,
    logger,
  });
  const broker = {
    ...parts,
    client,
    clientOn: (other: Pick<ConfirmPublisher, 'publish'>) =>
      celeryClient(options, { topology, publisher: other }, results, records),
    results,
    records,
    control,
    inspector,
    workers,
    history,
    celeryQueues: queues,
    lamport,
  };
  return { service, broker };
}
