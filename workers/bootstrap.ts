import { hostname } from 'node:os';
import { AmqpConnections, ConfirmPublisher, Topology } from '../amqp';
import { CanvasPublisher, CeleryClient, DelayedDelivery } from '../celery/client';
import { ControlClient, Mailbox } from '../celery/control';
import { EventDispatcher } from '../celery/events';
import { TaskLogShipper } from '../celery/logs';
import { anonNodename, contentTypeOf, LamportClock } from '../celery/protocol';
import { NullResults, RedisResults, resultBackendKind } from '../celery/results';
import { openTracing, systemClock } from '../runtime';
import { canvasOf } from './bootstrap-canvas';
import { autoscalerOf, poolOf } from './bootstrap-pool';
import { chordCounterOf, resultWriter } from './bootstrap-results';
import { CeleryWorker } from './celery-worker';
import { controlCommands, withCustomCommands } from './control';
import {
  Attempts,
  ExchangeDeclarations,
  ExtendedResults,
  failureDetail,
  RevokedMarks,
  Settler,
  TaskEvents,
  type TaskServices,
  TaskSpans,
} from './execution';
import { TaskFlow } from './flow';
import { DeadLetterRoutes, Relocation, RevokedTasks } from './intake';
import { EventLoopLag, Gossip, Heartbeat, Mingle, StateFile } from './presence';
import { sendOptions, TaskRegistry } from './registry';
import { shippedLogger } from './shipped-logger';
import { Subscriber, Subscribers } from './subscribers';
import { viewOf } from './view-of-worker';
import type { WorkerParts } from './worker-parts';

export type { UnknownTasks, WorkerParts } from './worker-parts';

/** A third of RabbitMQ's default `consumer_timeout` (30 min): the rest is for a full pool and a late acknowledgement. */
const PARK_AFTER_SECONDS = 600;
/** A few MB. */
const MAX_HELD = 1_000;
/** With the growing pauses between them about three minutes. */
const MAX_HAND_BACKS = 10;

export const VERSION = '0.1.0';

/** Composes a worker; nothing connects before `start()`. */
export function bootstrapWorker(parts: WorkerParts): CeleryWorker {
  const { logger, nodename, clock = systemClock } = parts;
  const lamport = new LamportClock();
  const tracing = openTracing();
  if (tracing !== undefined) logger.info('OpenTelemetry has an SDK: spans are made');
  const connections = new AmqpConnections({ urls: parts.brokerUrls, name: nodename, logger });
  const topology = new Topology({ connection: connections.consume, logger });
  const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
  const stored = resultWriter(parts, publisher);
  const redis = stored instanceof RedisResults ? stored : undefined;
  const results = parts.resultExtended ? new ExtendedResults(stored, nodename) : stored;
  const registry = new TaskRegistry(parts.tasks, {
    ...(parts.timeLimitSeconds ? { timeLimitSeconds: parts.timeLimitSeconds } : {}),
    ...(parts.softTimeLimitSeconds ? { softTimeLimitSeconds: parts.softTimeLimitSeconds } : {}),
  });
  const delayed = new DelayedDelivery({
    topology,
    queueType: parts.delayedDeliveryQueueType ?? 'quorum',
    logger,
    now: () => clock.now(),
  });
  const declared = new Map(parts.tasks.map((task) => [task.name, sendOptions(task.settings)]));
  const sender = new CeleryClient({
    publisher,
    topology,
    delayed,
    routes: parts.routes,
    declaredOptions: (task) => declared.get(task),
    results: new NullResults(),
    // Nobody in this process waits for what its tasks send; with Redis the result is found under its id.
    replyTo: '',
    defaultQueue: parts.defaultQueue ?? 'celery',
    createMissingQueues: true,
    serializer: 'json',
    compression: parts.compression,
    compressionMinBytes: parts.compressionMinBytes,
    protection: parts.protection,
    origin: anonNodename(process.pid, hostname()),
    tracing,
    logger,
  });
  const dispatcher = new EventDispatcher({
    connection: connections.publish,
    nodename,
    clock: lamport,
    groups: parts.taskEvents ? [] : ['worker'],
    logger,
  });
  const services: TaskServices = {
    nodename,
    sender,
    publisher,
    exchanges: new ExchangeDeclarations(topology),
    results,
    canvas: new CanvasPublisher({
      client: sender,
      replyTo: '',
      chords: chordCounterOf(parts, { publisher, topology }, redis),
    }),
    chordParts: redis?.chords,
    reader: redis,
    storesResults: resultBackendKind(parts.resultBackend) !== 'disabled',
    clock,
    // What tasks log is also shipped to gateways; what the worker logs is not.
    logger:
      parts.shipTaskLogs === false
        ? logger
        : shippedLogger(logger, new TaskLogShipper({ publisher, worker: nodename })),
  };
  const revoked = new RevokedTasks({
    ...(parts.maxRevoked === undefined ? {} : { maxIds: parts.maxRevoked }),
    ...(parts.revokeExpiresMs === undefined ? {} : { expiresMs: parts.revokeExpiresMs }),
    now: () => clock.now(),
  });
  const revokedMarks = new RevokedMarks({
    results: redis,
    clock,
    logger,
  });
  const control = (): ControlClient =>
    new ControlClient({
      connections,
      publisher,
      clock: lamport,
      protection: parts.protection,
      logger,
    });
  const events = new TaskEvents(dispatcher);
  const attempts = new Attempts(logger);
  const { effects, builtins, takeover } = canvasOf(services, registry, attempts);
  const settler: Settler = new Settler({
    services,
    events,
    attempts,
    effects,
    deadLetterFailure: parts.deadLetterFailures
      ? ({ delivery, request }, outcome) =>
          relocation.deadLetter(delivery, TASK_FAILED, failureDetail(outcome, request))
      : undefined,
  });
  const relocation: Relocation = new Relocation({
    publisher,
    delayed,
    deadLetters: new DeadLetterRoutes({ topology, configured: deadLetterRoute(parts), clock, logger }),
    settler,
    attempts,
    clock,
    logger,
  });
  const concurrency = Math.max(1, parts.autoscale?.min ?? parts.concurrency);
  const onEventLoop = new Set(builtins.map(({ name }) => name));
  const { executor, pool } = poolOf(parts, services, concurrency, (task) => onEventLoop.has(task));
  const spans = tracing && new TaskSpans({ tracing, executor, nodename });
  const flow = new TaskFlow({
    relocation,
    parking: {
      parkAfterMs: (parts.etaParkAfterSeconds ?? PARK_AFTER_SECONDS) * 1000,
      maxHeld: parts.etaMaxHeld ?? MAX_HELD,
    },
    protection: parts.protection,
    accept: new Set((parts.acceptContent ?? ['json']).map(contentTypeOf)),
    maxHandBacks: parts.unknownTasks === 'hand-back' ? MAX_HAND_BACKS : 0,
    registry,
    revoked,
    settler,
    events,
    services,
    concurrency,
    executor: spans ?? executor,
    spans,
    clock,
    logger,
    logsTasks: asked(parts.logsTasks),
  });
  const heartbeat = new Heartbeat({
    dispatcher,
    counts: () => ({ active: flow.pool.activeCount, processed: flow.processed }),
    version: VERSION,
  });
  return new CeleryWorker({
    nodename,
    queues: parts.queues,
    prefetchMultiplier: parts.prefetchMultiplier,
    connections,
    topology,
    delayed,
    publisher,
    results,
    dispatcher,
    heartbeat: parts.heartbeat === false ? undefined : heartbeat,
    mingle: parts.mingle === false ? undefined : new Mingle({ nodename, control, lamport, revoked, logger }),
    gossip:
      parts.gossip === false
        ? undefined
        : new Gossip({
            nodename,
            connection: connections.consume,
            lamport,
            clock,
            protection: parts.protection,
            logger,
          }),
    stateFile: parts.stateFile
      ? new StateFile({ path: parts.stateFile, revoked, lamport, clock, logger })
      : undefined,
    softShutdownTimeoutMs: parts.softShutdownTimeoutMs ?? 0,
    flow,
    pool,
    autoscaler: (worker) => autoscalerOf(parts, worker, flow),
    takeover,
    eventLoopLag: new EventLoopLag({
      clock,
      logger,
      running: () => flow.active.map((run) => run.id),
      ended: () => flow.processed,
      endedSince: (ended) => flow.endedSince(ended),
    }),
    attempts,
    subscribers: new Subscribers(
      (parts.subscribers ?? []).map(
        (subscriber) =>
          new Subscriber({
            subscriber,
            services,
            connection: connections.consume,
            publisher,
            topology,
            attempts,
            clock,
            logger,
          }),
      ),
    ),
    logger,
    mailbox: (worker) =>
      new Mailbox({
        connection: connections.consume,
        publisher,
        nodename,
        clock: lamport,
        protection: parts.protection,
        logger,
        commands: withCustomCommands(
          controlCommands(
            viewOf({
              worker,
              flow,
              registry,
              revoked,
              revokedMarks,
              dispatcher,
              heartbeat,
              connections,
              parts,
              version: VERSION,
              clock: lamport,
            }),
          ),
          parts.commands ?? {},
        ),
      }),
  });
}

function deadLetterRoute({ deadLetterExchange: exchange, deadLetterRoutingKey }: WorkerParts) {
  return typeof exchange === 'string'
    ? { exchange, routingKey: deadLetterRoutingKey ?? undefined }
    : undefined;
}

/** The reason of a dead letter whose task failed. */
const TASK_FAILED = 'task_failed';

/** Whether it holds, asked each time: a log level may change while the worker runs. */
const asked = (answer: boolean | (() => boolean)): (() => boolean) =>
  typeof answer === 'function' ? answer : () => answer;
