import { HealthService, healthRoutes } from '../health';
import { MessageService, messageRoutes } from '../messages';
import { QueueService, queueRoutes } from '../queues';
import { TaskService, taskRoutes } from '../tasks';
import { docs } from './docs';
import type { Feature, FeatureContext } from './feature';

function health({ messaging, drain }: FeatureContext): Feature {
  return { routes: healthRoutes(new HealthService({ messaging, drain })) };
}

function tasks({ config, messaging, names, clock, drain }: FeatureContext): Feature {
  const service = new TaskService({ messaging, names, clock, maxWaiters: config.GATEWAY_MAX_WAITERS });
  const maxWaitSeconds = config.GATEWAY_WAIT_MAX_SECONDS;
  return { routes: taskRoutes({ service, maxWaitSeconds, stopping: drain.signal }) };
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
  const features = [health(context), tasks(context), ...direct];
  return [
    ...features,
    docs(
      context,
      features.flatMap(({ routes }) => routes),
    ),
  ];
}
