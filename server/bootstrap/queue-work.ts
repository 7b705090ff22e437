import { hostname } from 'node:os';
import { AmqpConnections, ConfirmPublisher, Topology } from '../../amqp';
import { brokerTls, brokerUrls, disabledPort, type ManagementClient, QueueWork } from '../messaging';
import { OperationService } from '../operations';
import { QueueContentsService } from '../queue-contents';
import type { FeatureContext } from './feature';
import { instanceName } from './instance-name';
import { createManagement } from './management';

/** What works queues directly is made of; shared by the features that do. */
export interface DirectParts {
  readonly work: QueueWork;
  /** On the connection of the operations: a declare that ends it harms no submission. */
  readonly topology: Topology;
  /** Undefined where it is not configured. */
  readonly management: ManagementClient | undefined;
  readonly operations: OperationService;
  readonly contents: QueueContentsService;
}

/** One message of the largest size must pass, and a window of small ones. */
const IN_FLIGHT = 2000;
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** A queue under a long operation may be slow; nobody waits for a single message of it. */
const DEADLINE_MS = 15_000;

/** On connections of its own: an operation must not slow submissions, and no mistake of it may end their connection. */
function queueWork({ config, logger }: FeatureContext): Pick<DirectParts, 'work' | 'topology'> {
  const connections = new AmqpConnections({
    urls: brokerUrls(config),
    name: `celery-gateway@${hostname()} operations`,
    tls: brokerTls(config),
    heartbeatSeconds: config.RABBITMQ_HEARTBEAT_SECONDS,
    connectTimeoutMs: config.RABBITMQ_CONNECT_TIMEOUT_MS,
    backoffInitialMs: config.RABBITMQ_BACKOFF_INITIAL_MS,
    backoffMaxMs: config.RABBITMQ_BACKOFF_MAX_MS,
    logger,
  });
  const publisher = new ConfirmPublisher({
    connection: connections.publish,
    channels: 1,
    maxInFlight: IN_FLIGHT,
    maxInFlightBytes: IN_FLIGHT_BYTES,
    deadlineMs: DEADLINE_MS,
    logger,
  });
  const topology = new Topology({ connection: connections.consume, logger });
  return { topology, work: new QueueWork({ connections, publisher, topology, logger }) };
}

/** Puts together what goes through queues. */
export function createDirectParts(context: FeatureContext): DirectParts {
  const { config, clock, logger, messaging, names, broker } = context;
  const { work, topology } =
    broker === undefined
      ? { work: disabledPort<QueueWork>(), topology: disabledPort<Topology>() }
      : queueWork(context);
  const operations = new OperationService({
    instance: instanceName(config),
    maxRunning: config.OPERATIONS_MAX_RUNNING,
    keepMs: config.OPERATIONS_KEEP_SECONDS * 1000,
    clock,
    logger,
  });
  const contents = new QueueContentsService({
    work,
    operations,
    messaging,
    names,
    submittedAt: (taskId) => broker?.records?.get(taskId)?.submittedAt,
    maxScan: config.OPERATIONS_MAX_SCAN,
    clock,
  });
  return { work, topology, management: createManagement(config), operations, contents };
}
