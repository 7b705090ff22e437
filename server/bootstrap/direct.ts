import { BindingService, bindingRoutes } from '../bindings';
import { ConnectionService, connectionRoutes } from '../connections';
import { DefinitionNames, definitionRoutes, ExportService, ImportService } from '../definitions';
import { ExchangeService, exchangeRoutes } from '../exchanges';
import { StreamLimit } from '../http/stream-limit';
import { ExchangeFeed, MessageService, messageRoutes, messageStreamRoute } from '../messages';
import { operationRoutes } from '../operations';
import { PolicyService, policyRoutes } from '../policies';
import { queueContentsRoutes } from '../queue-contents';
import { DeclaredNames, PartitionService, QueueService, queueRoutes } from '../queues';
import { deadLetters } from './dead-letters';
import type { Feature, FeatureContext } from './feature';
import { createDirectParts, type DirectParts } from './queue-work';

function messageFeature(context: FeatureContext, parts: DirectParts, partitions: PartitionService) {
  const { config, messaging, names, clock, drain } = context;
  const { work, protection } = parts;
  const maxWaiters = config.GATEWAY_MAX_WAITERS;
  const service = new MessageService({ messaging, names, work, partitions, protection, maxWaiters, clock });
  const total = config.MESSAGE_STREAMS_MAX;
  return [
    ...messageRoutes({ service, maxWaitSeconds: config.GATEWAY_WAIT_MAX_SECONDS, stopping: drain.signal }),
    messageStreamRoute({
      feed: new ExchangeFeed({ work, names }),
      limit: new StreamLimit({ perCaller: total, total }),
      protection,
      stopping: drain.signal,
    }),
  ];
}

/** What features share that work queues. */
interface Queues {
  readonly partitions: PartitionService;
  readonly declared: DeclaredNames;
  readonly settled: (queue: string) => Promise<void>;
}

function topologyFeature(
  context: FeatureContext,
  parts: DirectParts,
  { partitions, declared, settled }: Queues,
) {
  const { messaging, names, broker } = context;
  const { topology, management, work } = parts;
  const queues = new QueueService({
    messaging,
    topology,
    management,
    takeable: (queue) => work.takeable(queue),
    names,
    celeryQueues: () => broker?.celeryQueues.names() ?? [],
    declared,
    settled,
  });
  const exchanges = new ExchangeService({ topology, management, names, declared: new DeclaredNames() });
  const bindings = new BindingService({ topology, management, names });
  const policies = new PolicyService({ management, names });
  const own = new DefinitionNames(names);
  return [
    ...queueRoutes({ service: queues, partitions }),
    ...exchangeRoutes(exchanges),
    ...bindingRoutes(bindings),
    ...policyRoutes(policies),
    ...definitionRoutes({
      exporter: new ExportService({ management, names: own }),
      importer: new ImportService({
        queues,
        exchanges,
        bindings,
        policies,
        topology,
        management,
        names: own,
      }),
    }),
    ...connectionRoutes(new ConnectionService({ management })),
  ];
}

/** All that works the broker directly: messages, queues and what is in them. */
export function direct(context: FeatureContext): Feature {
  const { names, drain, clock, broker } = context;
  const parts = createDirectParts(context);
  const { operations, contents, topology, declared } = parts;
  const settled = async (queue: string) => broker?.settling.settled(queue);
  const partitions = new PartitionService({ topology, names, declared, settled, clock });
  return {
    routes: [
      ...messageFeature(context, parts, partitions),
      ...topologyFeature(context, parts, { partitions, declared, settled }),
      ...queueContentsRoutes({ service: contents, stopping: drain.signal }),
      ...deadLetters(context, parts),
      ...operationRoutes({ service: operations, stopping: drain.signal }),
    ],
    parts: parts.lifecycle,
  };
}
