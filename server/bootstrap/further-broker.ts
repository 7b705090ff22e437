import type { LifecyclePart } from '../../runtime';
import { brokerKeys, brokerPath, type ServedBroker } from '../brokers';
import type { FurtherBroker } from '../config';
import type { RouteDefinition } from '../http/route';
import { NamePolicy } from '../messaging';
import { MetricsRegistry } from '../metrics';
import type { Access } from './access';
import { createPermissions } from './access';
import { createTaskSchemas } from './catalogue';
import type { FeatureContext } from './feature';
import { createBrokerFeatures } from './features';
import { createHealth } from './health';
import { createIdempotency } from './idempotency';
import { createRabbitMQMessaging, type RabbitMQServiceOptions } from './messaging';
import { type CountedBroker, countBroker } from './metrics';
import { ownStreams } from './own-streams';

/** What all brokers of a gateway have in common. */
export interface SharedParts
  extends Pick<FeatureContext, 'logger' | 'clock' | 'drain' | 'levels' | 'audit' | 'access'>,
    Pick<RabbitMQServiceOptions, 'tracing'> {}

/** A further broker, put together: what it answers and what of it has to run. */
export interface FurtherGateway extends ServedBroker {
  readonly routes: readonly RouteDefinition[];
  readonly parts: readonly LifecyclePart[];
  /** The keys are the gateway's; who owns which task is known to each broker's record. */
  readonly access: Pick<Access, 'verifier' | 'permissions'>;
  /** Undefined without METRICS_ENABLED. */
  readonly counted: CountedBroker | undefined;
}

/**
 * The services of one more broker, by the same hands as those of the first: its own connections, record, history and memory.
 * Nothing is started.
 */
export function createFurtherBroker(
  { name, config, keys }: FurtherBroker,
  shared: SharedParts,
): FurtherGateway {
  const { clock, tracing } = shared;
  const logger = shared.logger.child({ broker: name });
  const { service: messaging, broker } = createRabbitMQMessaging({ config, logger, clock, tracing });
  const idempotency = createIdempotency({ config, logger, clock, broker });
  const access = { ...shared.access, permissions: createPermissions(config, broker) };
  const metrics = new MetricsRegistry({ broker: name });
  const context: FeatureContext = {
    ...shared,
    config,
    logger,
    access,
    messaging,
    broker,
    idempotency,
    metrics,
    names: new NamePolicy(config.GATEWAY_ALLOWED_QUEUES, ownStreams(config)),
    schemas: createTaskSchemas(config, logger),
    further: [],
  };
  const features = createBrokerFeatures(context);
  const health = createHealth(context, { loop: { sustainedLagMs: 0 } });
  const counted = config.METRICS_ENABLED ? countBroker(context, broker) : undefined;
  const parts: readonly LifecyclePart[] = [
    { name: 'messaging', start: () => messaging.start(), stop: () => messaging.stop() },
    ...idempotency.parts,
    ...features.flatMap((feature) => feature.parts ?? []),
    ...(counted === undefined ? [] : [counted.part]),
  ];
  return {
    name,
    path: `${brokerPath(name)}/rabbitmq`,
    mayUse: brokerKeys(keys),
    readiness: () => health.readiness(),
    routes: features.flatMap(({ routes }) => routes),
    parts: parts.map((part) => ({
      name: `${part.name} of ${name}`,
      start: () => part.start(),
      stop: () => part.stop(),
    })),
    access,
    counted,
  };
}
