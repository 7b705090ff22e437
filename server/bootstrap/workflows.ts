import {
  CanvasPublisher,
  type ChordCounter,
  ChordJoiner,
  RedisResults,
  RpcChordCounter,
  RpcStreamResults,
} from '../../celery';
import { KeyedLog } from '../../celery/streams';
import type { LifecyclePart } from '../../runtime';
import type { RevokeService } from '../revokes';
import type { Submitter } from '../tasks';
import {
  readWorkflow,
  tasksOf,
  type Workflow,
  WorkflowEnds,
  WorkflowProgress,
  WorkflowService,
  WorkflowStore,
  workflowRoutes,
} from '../workflows';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';
import { createSubmitChecks, replyToOf, waitLimit } from './tasks';
import { createCallbacks, type FollowedWorkflows } from './webhooks';

/** Where chords of this gateway are counted, and what of it has to run. */
interface Chords {
  readonly counter: ChordCounter | undefined;
  readonly parts: readonly LifecyclePart[];
}

function chordsOf({ config, logger, clock, metrics }: FeatureContext, broker: BrokerParts): Chords {
  const { reader } = broker.results;
  if (reader instanceof RedisResults) return { counter: reader.chords, parts: [] };
  if (!(reader instanceof RpcStreamResults)) return { counter: undefined, parts: [] };
  const { publisher, topology } = broker;
  const now = (): number => clock.now();
  const queue = config.CHORD_QUEUE;
  const supported = (): boolean => reader.status.kind === 'stream';
  const joiner = new ChordJoiner({
    connection: broker.connections.consume,
    topology,
    feed: reader,
    records: broker.records,
    clientOn: broker.clientOn,
    queue,
    maxAgeSeconds: config.CELERY_RESULT_EXPIRES,
    maxOpen: config.CHORD_MAX_OPEN,
    logger,
    now,
  });
  metrics.gauge({
    name: 'celery_open_joins',
    help: 'Chords and steps with rpc:// results that this gateway holds until their results have come.',
    collect: () => [{ labels: {}, value: joiner.open }],
  });
  return {
    counter: new RpcChordCounter({ publisher, topology, queue, supported, now }),
    parts: [{ name: 'chords', start: () => joiner.start(), stop: () => joiner.stop() }],
  };
}

function storeOf(
  { config, logger, clock }: FeatureContext,
  broker: BrokerParts,
  ends: Pick<WorkflowEnds, 'onChange'>,
): WorkflowStore {
  const log = new KeyedLog<Workflow>({
    connection: broker.connections.consume,
    topology: broker.topology,
    publisher: broker.publisher,
    streamName: config.WORKFLOW_STREAM,
    maxAgeSeconds: config.CELERY_RESULT_EXPIRES * 2,
    read: readWorkflow,
    onChange: (id, workflow) => ends.onChange(id, workflow),
    logger,
    now: () => clock.now(),
  });
  return new WorkflowStore({
    log,
    maxAgeMs: config.CELERY_RESULT_EXPIRES * 1000,
    maxEntries: config.WORKFLOW_MAX_ENTRIES,
    clock,
    logger,
  });
}

/** A key sees the workflows of its tenant whose every task it could have submitted. */
function visibleTo({ access }: FeatureContext): (submitter: Submitter, workflow: Workflow) => boolean {
  return (submitter, { tenant, graph }) => {
    if (submitter === undefined) return true;
    if (submitter.tenant !== undefined && submitter.tenant !== tenant) return false;
    try {
      for (const { name, signature } of tasksOf(graph)) {
        const { queue, exchange } = signature.options as {
          readonly queue?: string;
          readonly exchange?: string;
        };
        access.permissions.check(submitter, { task: name, queue, exchange });
      }
      return true;
    } catch {
      return false;
    }
  };
}

/** Canvases over HTTP, and the joining of chords on rpc://. */
export function workflows(
  context: FeatureContext,
  revokes: Pick<RevokeService, 'revokeMany'>,
): Feature & { readonly followed: FollowedWorkflows } {
  const { config, messaging, broker, clock, drain, logger } = context;
  const chords: Chords = broker === undefined ? { counter: undefined, parts: [] } : chordsOf(context, broker);
  const progress = new WorkflowProgress({ messaging, clock, waiters: waitLimit(config) });
  const ends = new WorkflowEnds({ progress });
  const store = broker === undefined ? undefined : storeOf(context, broker, ends);
  const replyTo = replyToOf(context);
  const service = new WorkflowService({
    store,
    progress,
    checks: createSubmitChecks(context),
    visible: visibleTo(context),
    publisher: new CanvasPublisher({
      client: { submit: (task) => messaging.submitTask(task) },
      replyTo,
      chords: chords.counter,
    }),
    recorded: (taskId) => broker?.records?.get(taskId),
    revokes,
    callbacks: createCallbacks(context),
    replyTo,
    limits: { maxNodes: config.WORKFLOW_MAX_NODES, maxDepth: config.WORKFLOW_MAX_DEPTH },
    clock,
    logger,
  });
  const kept: LifecyclePart[] =
    store === undefined ? [] : [{ name: 'workflows', start: () => store.start(), stop: () => store.stop() }];
  return {
    routes: workflowRoutes({
      service,
      maxWaitSeconds: config.GATEWAY_WAIT_MAX_SECONDS,
      stopping: drain.signal,
    }),
    parts: [...kept, ...chords.parts],
    followed: { ends, ready: () => store?.ready === true },
  };
}
