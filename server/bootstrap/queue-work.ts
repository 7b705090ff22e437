import { AmqpConnection, AmqpConnections, ConfirmPublisher, Topology } from '../../amqp';
import type { ContentProtection } from '../../celery';
import type { LifecyclePart } from '../../runtime';
import { disabledPort, type ManagementClient, QueueWork } from '../messaging';
import { OperationService } from '../operations';
import { QueueContentsService } from '../queue-contents';
import { DeclaredNames } from '../queues';
import { brokerConnection } from './broker-connection';
import { contentProtection } from './content-protection';
import type { FeatureContext } from './feature';
import { instanceName } from './instance-name';
import { createManagement } from './management';

/** What works queues directly is made of; shared by the features that do. */
export interface DirectParts {
  readonly work: QueueWork;
  /** On a connection of its own: a declare that ends it harms neither submissions nor operations. */
  readonly topology: Topology;
  /** Undefined where it is not configured. */
  readonly management: ManagementClient | undefined;
  readonly operations: OperationService;
  readonly contents: QueueContentsService;
  /** Queues declared through this process. */
  readonly declared: DeclaredNames;
  /** What signs or encrypts bodies, so that they can be read here; undefined where they are plain. */
  readonly protection: ContentProtection | undefined;
  /** In the order of their start. */
  readonly lifecycle: readonly LifecyclePart[];
}

/** One message of the largest size must pass, and a window of small ones. */
const IN_FLIGHT = 2000;
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** A queue under a long operation may be slow; nobody waits for a single message of it. */
const DEADLINE_MS = 15_000;

/** On connections of its own: an operation must not slow submissions, and no mistake of it may end their connection. */
function queueWork(context: FeatureContext): QueueWork {
  const { logger } = context;
  const connections = new AmqpConnections(brokerConnection(context, 'operations'));
  const publisher = new ConfirmPublisher({
    connection: connections.publish,
    channels: 1,
    maxInFlight: IN_FLIGHT,
    maxInFlightBytes: IN_FLIGHT_BYTES,
    deadlineMs: DEADLINE_MS,
    logger,
  });
  const topology = new Topology({ connection: connections.consume, logger });
  return new QueueWork({ connections, publisher, topology, logger });
}

/** How long a declare waits for its connection: the one before it may have ended it. */
const DECLARE_READY_MS = 5000;

/** RabbitMQ answers some declares and deletes by ending the connection: a mistyped exchange type is enough. So nothing else is on it. */
function declarations(context: FeatureContext): {
  readonly topology: Topology;
  readonly part: LifecyclePart;
} {
  const link = new AmqpConnection(brokerConnection(context, 'declarations'));
  const connection = {
    get lastError() {
      return link.lastError;
    },
    async openChannel() {
      await link.ready(DECLARE_READY_MS);
      return link.openChannel();
    },
  };
  return {
    topology: new Topology({ connection, settling: context.broker?.settling, logger: context.logger }),
    part: { name: 'declarations', start: () => link.start(), stop: () => link.stop() },
  };
}

/** Puts together what goes through queues. */
export function createDirectParts(context: FeatureContext): DirectParts {
  const { config, clock, logger, messaging, names, broker } = context;
  const declared = broker === undefined ? undefined : declarations(context);
  const topology = declared?.topology ?? disabledPort<Topology>();
  const work = broker === undefined ? disabledPort<QueueWork>() : queueWork(context);
  const protection = contentProtection(config);
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
    protection,
    maxScan: config.OPERATIONS_MAX_SCAN,
    clock,
  });
  const lifecycle: LifecyclePart[] = [
    { name: 'operations', start: () => operations.start(), stop: () => operations.stop() },
  ];
  // Before the operations: they need it to give back what they hold.
  if (declared !== undefined)
    lifecycle.unshift(declared.part, {
      name: 'queue work',
      start: () => work.start(),
      stop: () => work.stop(),
    });
  const management = createManagement(config);
  const declaredNames = new DeclaredNames();
  return {
    work,
    topology,
    management,
    operations,
    contents,
    declared: declaredNames,
    protection,
    lifecycle,
  };
}
