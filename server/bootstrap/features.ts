import { audit } from './audit';
import { brokers } from './brokers';
import { catalogue } from './catalogue';
import { direct } from './direct';
import { docs } from './docs';
import type { Feature, FeatureContext } from './feature';
import { health } from './health';
import { keys } from './keys';
import { logLevel } from './log-level';
import { metrics } from './metrics';
import { monitor } from './monitor';
import { pauses } from './pauses';
import { revokes } from './revokes';
import { schedules } from './schedules';
import { tasks } from './tasks';
import { webhooks } from './webhooks';
import { workers } from './workers';
import { workflows } from './workflows';

/** What is done with one broker. Features that work it directly exist only with RABBITMQ_MANAGEMENT_ENABLED. */
export function createBrokerFeatures(context: FeatureContext): readonly Feature[] {
  const worksBroker = context.config.RABBITMQ_MANAGEMENT_ENABLED ? [direct(context)] : [];
  const revoking = revokes(context);
  const flows = workflows(context, revoking.service);
  const features: readonly Feature[] = [
    tasks(context, revoking.service),
    catalogue(context),
    revoking,
    flows,
    monitor(context),
    workers(context),
    pauses(context),
    schedules(context),
    webhooks(context, flows.followed),
    ...worksBroker,
  ];
  return guarded(context, features);
}

function guarded({ idempotency }: FeatureContext, features: readonly Feature[]): readonly Feature[] {
  return features.map((feature) => ({
    ...feature,
    routes: feature.routes.map((route) => idempotency.requests.guard(route)),
  }));
}

/** All that the gateway offers. */
export function createFeatures(context: FeatureContext): readonly Feature[] {
  const probes = health(context);
  const features: readonly Feature[] = [
    ...guarded(context, [probes]),
    ...createBrokerFeatures(context),
    ...guarded(context, [
      brokers(context, probes.service),
      keys(context),
      audit(context),
      logLevel(context),
      metrics(context),
    ]),
  ];
  return [
    ...features,
    docs(
      context,
      features.flatMap(({ routes }) => routes),
    ),
  ];
}
