import { audit } from './audit';
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

/** All that the gateway offers. Features that work the broker directly exist only with RABBITMQ_MANAGEMENT_ENABLED. */
export function createFeatures(context: FeatureContext): readonly Feature[] {
  const worksBroker = context.config.RABBITMQ_MANAGEMENT_ENABLED ? [direct(context)] : [];
  const revoking = revokes(context);
  const flows = workflows(context, revoking.service);
  const features: readonly Feature[] = [
    health(context),
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
    keys(context),
    audit(context),
    logLevel(context),
    metrics(context),
  ].map((feature) => ({
    ...feature,
    routes: feature.routes.map((route) => context.idempotency.requests.guard(route)),
  }));
  return [
    ...features,
    docs(
      context,
      features.flatMap(({ routes }) => routes),
    ),
  ];
}
