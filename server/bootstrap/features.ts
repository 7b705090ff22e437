import { HealthService, healthRoutes } from '../health';
import { MessageService, messageRoutes } from '../messages';
import { QueueService, queueRoutes } from '../queues';
import { docs } from './docs';
import type { Feature, FeatureContext } from './feature';
import { revokes } from './revokes';
import { tasks } from './tasks';

function health({ messaging, drain }: FeatureContext): Feature {
  return { routes: healthRoutes(new HealthService({ messaging, drain })) };
}

function messages({ messaging, names }: FeatureContext): Feature {
  return { routes: messageRoutes(new MessageService({ messaging, names })) };
}

function queues({ messaging, names }: FeatureContext): Feature {
  return { routes: queueRoutes(new QueueService({ messaging, names })) };
}

/** All that the gateway offers. Features that work the broker directly exist only with RABBITMQ_MANAGEMENT_ENABLED. */
export function createFeatures(context: FeatureContext): readonly Feature[] {
  const direct = context.config.RABBITMQ_MANAGEMENT_ENABLED ? [messages(context), queues(context)] : [];
  const features = [health(context), tasks(context), revokes(context), ...direct].map((feature) => ({
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
