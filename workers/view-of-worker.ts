import type { AmqpConnections } from '../amqp';
import type { EventDispatcher } from '../celery/events';
import type { LamportClock } from '../celery/protocol';
import { celerySettings } from './celery-settings';
import type { CeleryWorker } from './celery-worker';
import type { WorkerView } from './control';
import type { RevokedMarks } from './execution';
import type { TaskFlow } from './flow';
import type { RevokedTasks } from './intake';
import type { Heartbeat } from './presence';
import type { TaskRegistry } from './registry';
import type { WorkerParts } from './worker-parts';

export interface ViewedParts {
  readonly worker: CeleryWorker;
  readonly flow: TaskFlow;
  readonly registry: TaskRegistry;
  readonly revoked: RevokedTasks;
  readonly revokedMarks: RevokedMarks;
  readonly dispatcher: EventDispatcher;
  readonly heartbeat: Heartbeat;
  readonly connections: AmqpConnections;
  readonly parts: WorkerParts;
  readonly version: string;
  readonly clock: LamportClock;
}

/** What remote control sees of a worker. */
export function viewOf(viewed: ViewedParts): WorkerView {
  const { worker, flow, registry, revoked, dispatcher, heartbeat, connections, parts, clock } = viewed;
  const startedAt = Date.now();
  return {
    nodename: worker.nodename,
    version: viewed.version,
    registry,
    revoked,
    clock,
    startedAt,
    get queues() {
      return worker.queues;
    },
    get concurrency() {
      return flow.pool.concurrency;
    },
    get prefetchCount() {
      return worker.prefetchCount;
    },
    totals: flow.totals,
    get broker() {
      return brokerFacts(connections);
    },
    settings: (withDefaults) => celerySettings(parts, withDefaults),
    active: () => flow.active,
    reserved: () => flow.pool.reserved,
    scheduled: () => flow.schedule.entries(),
    storeRevoked: (ids) => {
      const running = new Set(flow.active.map((run) => run.id));
      void viewed.revokedMarks.mark([...ids].filter((id) => !running.has(id)));
    },
    terminate: (ids, signum) => flow.terminate(ids, signum),
    enableEvents: () => dispatcher.enableGroup('task'),
    // With `-E` every group is on and stays on, as in Python (celery/worker/control.py `disable_events`).
    disableEvents: () => !parts.taskEvents && dispatcher.disableGroup('task'),
    heartbeat: () => heartbeat.beatOnDemand(),
    poolStats: () => worker.poolStats(),
    autoscaler: worker.autoscaling,
    resizePool: (change) => worker.resizePool(change),
    restartPool: () => worker.restartPool(),
    changeTask: (name, settings) => {
      if (!registry.change(name, settings)) return false;
      if ('rateLimit' in settings) flow.limits.changed(name);
      return true;
    },
    addQueue: (queue) => worker.addQueue(queue),
    cancelQueue: (queue) => worker.cancelQueue(queue),
    shutdown: () => worker.requestShutdown(),
  };
}

/** kombu's `Connection.info()`, which Flower reads (contract 5.3). */
function brokerFacts(connections: AmqpConnections): Readonly<Record<string, unknown>> {
  const { host, port, vhost, tls, username } = connections.consume.describe();
  return {
    hostname: host,
    userid: username,
    virtual_host: vhost,
    port,
    insist: false,
    ssl: tls,
    transport: 'amqp',
    connect_timeout: 5,
    transport_options: {},
    login_method: 'PLAIN',
    uri_prefix: null,
    heartbeat: 10,
    failover_strategy: 'round-robin',
    alternates: [],
    credential_provider: null,
  };
}
