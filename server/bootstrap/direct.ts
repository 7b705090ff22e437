import type { LifecyclePart } from '../../runtime';
import { BindingService, bindingRoutes } from '../bindings';
import { ExchangeService, exchangeRoutes } from '../exchanges';
import { StreamLimit } from '../http/stream-limit';
import { ExchangeFeed, MessageService, messageRoutes, messageStreamRoute } from '../messages';
import { operationRoutes } from '../operations';
import { PolicyService, policyRoutes } from '../policies';
import { queueContentsRoutes } from '../queue-contents';
import { PartitionService, QueueService, queueRoutes } from '../queues';
import { deadLetters } from './dead-letters';
import type { Feature, FeatureContext } from './feature';
import { createDirectParts, type DirectParts } from './queue-work';

function messageFeature(context: FeatureContext, parts: DirectParts, partitions: PartitionService) {
  const { config, messaging, names, clock, drain } = context;
  const { work } = parts;
  const maxWaiters = config.GATEWAY_MAX_WAITERS;
  const service = new MessageService({ messaging, names, work, partitions, maxWaiters, clock });
  const total = config.MESSAGE_STREAMS_MAX;
  return [
    ...messageRoutes({ service, maxWaitSeconds: config.GATEWAY_WAIT_MAX_SECONDS, stopping: drain.signal }),
    messageStreamRoute({
      feed: new ExchangeFeed({ work, names }),
      limit: new StreamLimit({ perCaller: total, total }),
      stopping: drain.signal,
    }),
  ];
}

function topologyFeature(context: FeatureContext, parts: DirectParts, partitions: PartitionService) {
  const { messaging, names, broker } = context;
  const { topology, management, work } = parts;
  const service = new QueueService({
    messaging,
    topology,
    management,
    takeable: (queue) => work.takeable(queue),
    names,
    knownQueues: () => broker?.celeryQueues.names() ?? [],
  });
  return [
    ...queueRoutes({ service, partitions }),
    ...exchangeRoutes(new ExchangeService({ topology, management, names })),
    ...bindingRoutes(new BindingService({ topology, management, names })),
    ...policyRoutes(new PolicyService({ management, names })),
  ];
}

/** All that works the broker directly: messages, queues and what is in them. */
export function direct(context: FeatureContext): Feature {
  const { names, drain, broker, clock } = context;
  const parts = createDirectParts(context);
  const { work, operations, contents, topology } = parts;
  const partitions = new PartitionService({ topology, names, clock });
  const lifecycle: LifecyclePart[] = [
    { name: 'operations', start: () => operations.start(), stop: () => operations.stop() },
  ];
  // Before the operations: they need it to give back what they hold.
  if (broker !== undefined)
    lifecycle.unshift({ name: 'queue work', start: () => work.start(), stop: () => work.stop() });
  return {
    routes: [
      ...messageFeature(context, parts, partitions),
      ...topologyFeature(context, parts, partitions),
      ...queueContentsRoutes({ service: contents, stopping: drain.signal }),
      ...deadLetters(context, parts),
      ...operationRoutes({ service: operations, stopping: drain.signal }),
    ],
    parts: lifecycle,
  };
}
