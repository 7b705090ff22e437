import { DeadLetterQueues, DeadLetterService, deadLetterRoutes, SetupService } from '../dead-letters';
import type { RouteDefinition } from '../http/route';
import type { FeatureContext } from './feature';
import { isThere } from './messaging';
import type { DirectParts } from './queue-work';

/** Dead letters: their routes, and their number for Prometheus. */
export function deadLetters(context: FeatureContext, parts: DirectParts): readonly RouteDefinition[] {
  const { config, names, messaging, clock, drain, broker, metrics } = context;
  const { topology, management, contents, work, declared, protection } = parts;
  const queues = new DeadLetterQueues({
    topology,
    management,
    configured: config.DEAD_LETTER_QUEUES,
    knownQueues: () => broker?.celeryQueues.names() ?? [],
  });
  metrics.gauge({
    name: 'celery_dead_letters',
    help: 'Messages in the dead-letter queue.',
    labels: ['queue_name'],
    collect: async () =>
      broker === undefined || !isThere(broker)
        ? []
        : (await queues.counts()).map(({ queueName, messageCount }) => ({
            labels: { queue_name: queueName },
            value: messageCount,
          })),
  });
  const maxReplays = config.DEAD_LETTER_MAX_REPLAYS;
  const service = new DeadLetterService({
    queues,
    contents,
    work,
    messaging,
    names,
    protection,
    maxReplays,
    clock,
  });
  const serverVersion = () => messaging.health().broker?.serverVersion;
  const setup = new SetupService({ topology, management, names, queues, declared, serverVersion });
  return deadLetterRoutes({ service, setup, stopping: drain.signal });
}
