import type { LifecyclePart } from '../../runtime';
import { MessageService, messageRoutes } from '../messages';
import { operationRoutes } from '../operations';
import { queueContentsRoutes } from '../queue-contents';
import { QueueService, queueRoutes } from '../queues';
import type { Feature, FeatureContext } from './feature';
import { createDirectParts } from './queue-work';

/** All that works the broker directly: messages, queues and what is in them. */
export function direct(context: FeatureContext): Feature {
  const { messaging, names, drain, broker } = context;
  const { work, operations, contents } = createDirectParts(context);
  const stopping = drain.signal;
  const parts: LifecyclePart[] = [
    { name: 'operations', start: () => operations.start(), stop: () => operations.stop() },
  ];
  // Before the operations: they need it to give back what they hold.
  if (broker !== undefined)
    parts.unshift({ name: 'queue work', start: () => work.start(), stop: () => work.stop() });
  return {
    routes: [
      ...messageRoutes(new MessageService({ messaging, names })),
      ...queueRoutes(new QueueService({ messaging, names })),
      ...queueContentsRoutes({ service: contents, stopping }),
      ...operationRoutes(operations),
    ],
    parts,
  };
}
