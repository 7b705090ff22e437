import { AmqpConsumer, QueueCursor } from '../../amqp';
import { KeyedLog, StreamLog } from '../../celery/streams';
import type { LifecyclePart } from '../../runtime';
import { disabledPort } from '../messaging';
import {
  AddressGuard,
  Callbacks,
  Courier,
  DEAD,
  DELIVERIES,
  DeadLetters,
  DeliveryLog,
  deadLetterRoutes,
  declareDeliveryQueues,
  ENDPOINTS,
  EndpointBook,
  FEED,
  LOG,
  Receivers,
  readEndpoint,
  SecretSeal,
  type WebhookEndpoint,
  WebhookFeed,
  WebhookService,
  webhookRoutes,
} from '../webhooks';
import type { WorkflowEnds } from '../workflows';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';

/** Events of one moment are looked at together. */
const GATHER_MS = 50;

/** From a receiver that starts anew to one that is mended the next morning. */
const DEFAULT_PAUSES_SECONDS: readonly number[] = [5, 30, 120, 600, 1800, 7200, 21_600];

function pauses({ WEBHOOKS_RETRY_SECONDS: configured }: FeatureContext['config']): readonly number[] {
  return configured.length > 0 ? configured : DEFAULT_PAUSES_SECONDS;
}

function endpointLog(
  { config, logger, clock }: FeatureContext,
  broker: BrokerParts,
): KeyedLog<WebhookEndpoint> {
  return new KeyedLog({
    connection: broker.connections.consume,
    topology: broker.topology,
    publisher: broker.publisher,
    streamName: ENDPOINTS,
    maxAgeSeconds: config.STATE_STREAM_MAX_AGE_SECONDS,
    read: readEndpoint,
    logger,
    now: () => clock.now(),
  });
}

function logReader({ config, logger }: FeatureContext, broker: BrokerParts, log: DeliveryLog): StreamLog {
  return new StreamLog({
    connection: broker.connections.consume,
    topology: broker.topology,
    streamName: LOG,
    maxAgeSeconds: config.WEBHOOKS_LOG_MAX_AGE_SECONDS,
    onEntry: (entry) => log.onEntry(entry),
    logger,
  });
}

/** Who holds the feed's queue is the one that tells of events; the others stand by. */
function feedHolder({ logger }: FeatureContext, broker: BrokerParts, feed: WebhookFeed): AmqpConsumer {
  return new AmqpConsumer({
    connection: broker.connections.consume,
    queue: FEED,
    prefetch: 1,
    exclusive: true,
    prepare: async (channel) => {
      await channel.assertQueue(FEED, { durable: true });
    },
    onDelivery: (delivery) => delivery.ack(),
    onConsuming: () => feed.activate(),
    onInterrupted: () => feed.deactivate(),
    logger,
  });
}

function deliveryConsumer(
  { config, logger }: FeatureContext,
  broker: BrokerParts,
  courier: Courier,
): AmqpConsumer {
  return new AmqpConsumer({
    connection: broker.connections.consume,
    queue: DELIVERIES,
    prefetch: config.WEBHOOKS_CONCURRENCY,
    prepare: (channel) => declareDeliveryQueues(channel, pauses(config)),
    onDelivery: (delivery) => courier.onDelivery(delivery),
    logger,
  });
}

/** Its start does not wait for the broker: it may be away. */
function consuming(
  name: string,
  consumer: AmqpConsumer,
  worker: { start?(): void; stop(): Promise<void> },
): LifecyclePart {
  return {
    name,
    start: async () => {
      worker.start?.();
      consumer.start().catch(() => undefined);
    },
    stop: async () => {
      await consumer.cancel();
      await worker.stop();
      await consumer.stop();
    },
  };
}

function addressGuard({ config }: FeatureContext): AddressGuard {
  return new AddressGuard({ allowed: config.WEBHOOKS_ALLOWED, allowHttp: config.WEBHOOKS_ALLOW_HTTP });
}

/** What submissions and deliveries know of callbacks alike. */
export function createCallbacks(context: FeatureContext): Callbacks {
  return new Callbacks(context.config.WEBHOOKS_CALLBACK_SECRETS, addressGuard(context));
}

/** Dead deliveries held at a time while they are gone through. */
const DEAD_PREFETCH = 50;

/** Workflows that somebody wants to be told of. */
export interface FollowedWorkflows {
  readonly ends: Pick<WorkflowEnds, 'of'>;
  /** Whether all that are kept have been read. */
  readonly ready: () => boolean;
}

function working(context: FeatureContext, broker: BrokerParts, workflows: FollowedWorkflows): Feature {
  const { config, clock, logger, messaging } = context;
  const { publisher, history } = broker;
  const endpoints = endpointLog(context, broker);
  const book = new EndpointBook(endpoints);
  const log = new DeliveryLog({
    publisher,
    maxEntries: config.WEBHOOKS_LOG_LIMIT,
    now: () => clock.now(),
    logger,
  });
  const reader = logReader(context, broker, log);
  const seal = new SecretSeal(config.WEBHOOKS_SECRETS_KEY);
  const guard = addressGuard(context);
  const callbacks = createCallbacks(context);
  const courier = new Courier({
    receivers: new Receivers({ book, seal, callbacks, clock }),
    guard,
    log,
    publisher,
    clock,
    logger,
    timeoutMs: config.WEBHOOKS_TIMEOUT_MS,
    retrySeconds: pauses(config),
    random: Math.random,
  });
  const ready = (): boolean =>
    messaging.health().ready && endpoints.usable && reader.status.ready && workflows.ready();
  const feed = new WebhookFeed({
    history,
    book,
    callbacks,
    workflows: workflows.ends,
    log,
    publisher,
    ready,
    clock,
    logger,
    gatherMs: GATHER_MS,
  });
  const service = new WebhookService({
    book,
    log,
    seal,
    callbacks,
    guard,
    publisher,
    clock,
    maxEndpoints: config.WEBHOOKS_MAX,
    overlapMs: config.WEBHOOKS_SECRET_OVERLAP_SECONDS * 1000,
  });
  const deadLetters = new DeadLetters({
    openCursor: () =>
      QueueCursor.open({
        connection: broker.connections.consume,
        queue: DEAD,
        prefetch: DEAD_PREFETCH,
      }),
    log,
    again: (delivery) => service.again(delivery),
  });
  return {
    routes: [...deadLetterRoutes(deadLetters), ...webhookRoutes(service)],
    parts: [
      { name: 'webhook endpoints', start: () => endpoints.start(), stop: () => endpoints.stop() },
      { name: 'webhook log', start: () => reader.start(), stop: () => reader.stop() },
      consuming('webhook deliveries', deliveryConsumer(context, broker, courier), courier),
      consuming('webhook feed', feedHolder(context, broker, feed), feed),
    ],
  };
}

/** Those who asked are told what happens to tasks. */
export function webhooks(context: FeatureContext, workflows: FollowedWorkflows): Feature {
  const { broker } = context;
  if (broker === undefined) {
    const deadLetters = deadLetterRoutes(disabledPort<DeadLetters>());
    return { routes: [...deadLetters, ...webhookRoutes(disabledPort<WebhookService>())] };
  }
  return working(context, broker, workflows);
}
