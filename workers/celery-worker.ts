import type { AmqpConnections, ConfirmPublisher, Topology } from '../amqp';
import type { DelayedDelivery } from '../celery/client';
import type { Mailbox } from '../celery/control';
import type { EventDispatcher } from '../celery/events';
import { celeryQueue, type QueueTopology } from '../celery/protocol';
import type { ResultWriter } from '../celery/results';
import type { Lifecycle, Logger } from '../runtime';
import type { Attempts, ChordTakeover } from './execution';
import type { TaskFlow } from './flow';
import { QueueConsumer } from './intake';
import type { Autoscaler, WorkerPool } from './pool';
import type { EventLoopLag, Gossip, Heartbeat, Mingle, StateFile } from './presence';
import type { Subscribers } from './subscribers';

export interface CeleryWorkerDeps {
  readonly nodename: string;
  readonly queues: readonly string[];
  /** Messages prefetched for each slot; 0 is no limit. */
  readonly prefetchMultiplier: number;
  readonly connections: AmqpConnections;
  readonly topology: Topology;
  readonly delayed: DelayedDelivery;
  readonly publisher: ConfirmPublisher;
  readonly results: ResultWriter;
  readonly dispatcher: EventDispatcher;
  /** Absent with `--without-heartbeat`, and so on. */
  readonly heartbeat: Heartbeat | undefined;
  readonly mingle: Mingle | undefined;
  readonly gossip: Gossip | undefined;
  readonly stateFile: StateFile | undefined;
  /** How long a cold stop first waits for what runs. */
  readonly softShutdownTimeoutMs: number;
  /** Made late: its commands need the worker. */
  readonly mailbox: (worker: CeleryWorker) => Mailbox;
  readonly flow: TaskFlow;
  readonly pool: WorkerPool;
  /** Made late, as it resizes the worker; undefined without `--autoscale`. */
  readonly autoscaler: (worker: CeleryWorker) => Autoscaler | undefined;
  readonly takeover: ChordTakeover;
  readonly eventLoopLag: EventLoopLag;
  readonly subscribers: Subscribers;
  readonly attempts: Attempts;
  readonly logger: Logger;
}

/** How long a cold stop lets the last events out. */
const GOODBYE_MS = 1000;

/**
 * The worker: consumes its queues and is a citizen of the cluster (mailbox, events). `start` returns once it consumes, and
 * waits for the broker as long as it takes; `stop` is the warm one.
 */
export class CeleryWorker implements Lifecycle {
  private readonly consumers = new Map<string, QueueConsumer>();
  private readonly mailbox: Mailbox;
  private readonly autoscaler: Autoscaler | undefined;
  private consumedPrefetch: number;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private stopRequested: () => void = () => undefined;
  private killed: () => void = () => undefined;
  /** Resolves once the worker was stopped cold: then nobody waits for what runs. */
  private readonly cold = new Promise<void>((resolve) => {
    this.killed = resolve;
  });
  /** Resolves when somebody asked for a stop by remote control. */
  readonly shutdownRequested = new Promise<void>((resolve) => {
    this.stopRequested = resolve;
  });

  constructor(private readonly deps: CeleryWorkerDeps) {
    this.autoscaler = deps.autoscaler(this);
    this.consumedPrefetch = this.prefetch;
    this.mailbox = deps.mailbox(this);
  }

  get nodename(): string {
    return this.deps.nodename;
  }

  get queues(): readonly QueueTopology[] {
    return [...this.consumers.values()].map((consumer) => consumer.topology);
  }

  /** What the prefetch is by the settings, ETA messages included (`stats`' `prefetch_count`). */
  get prefetchCount(): number {
    return this.prefetch === 0 ? 0 : this.prefetch + this.deps.flow.schedule.size;
  }

  start(): Promise<void> {
    this.starting ??= this.begin();
    return this.starting;
  }

  stop(): Promise<void> {
    this.stopping ??= this.starting === undefined ? Promise.resolve() : this.end();
    return this.stopping;
  }

  /**
   * The cold stop: tells what runs to end, late-acknowledged messages go back with the channel. With a soft timeout what
   * runs may finish for that long first (celery/apps/worker.py `on_cold_shutdown`).
   */
  async kill(): Promise<void> {
    const { attempts, flow, heartbeat, dispatcher, softShutdownTimeoutMs, logger } = this.deps;
    for (const consumer of this.consumers.values()) void consumer.cancel().catch(() => undefined);
    flow.hold();
    if (softShutdownTimeoutMs > 0 && flow.pool.activeCount > 0) {
      logger.warn('soft stop: running tasks may finish first', { forMs: softShutdownTimeoutMs });
      await within(softShutdownTimeoutMs, flow.pool.idle());
    }
    attempts.stop();
    flow.abort(new Error('the worker stops'));
    this.deps.subscribers.abort(new Error('the worker stops'));
    heartbeat?.stop();
    this.stopWatching();
    await within(GOODBYE_MS, Promise.all([dispatcher.stop(), this.deps.pool.stop()]));
    this.killed();
  }

  /** Logs what runs and what waits, for who wonders what it does (Celery's SIGUSR1; JavaScript has no stack of what waits). */
  tellWork(): void {
    const { flow, logger } = this.deps;
    const now = Date.now();
    const active = flow.active.map(({ id, request, startedAt }) => {
      const runs = startedAt === null ? null : (now - startedAt) / 1000;
      return { id, task: request.task, seconds: runs };
    });
    const { concurrency, reserved } = flow.pool;
    const waiting = { reserved: reserved.length, scheduled: flow.schedule.size };
    const rssMb = Math.round(process.memoryUsage.rss() / 1_048_576);
    logger.warn('what this worker does', { active, ...waiting, concurrency, rssMb });
  }

  requestShutdown(): void {
    this.stopRequested();
  }

  addQueue(declaration: QueueTopology): void {
    const queue = declaration.queue.name;
    if (this.consumers.has(queue) || this.stopping !== undefined) return;
    const { connections, topology, flow, logger } = this.deps;
    const consumer = new QueueConsumer({
      connection: connections.consume,
      topology,
      delayed: this.deps.delayed,
      declaration,
      prefetch: this.prefetch,
      onDelivery: (delivery, source) => flow.receive(delivery, source),
      onInterrupted: (source) => flow.interrupted(source),
      logger,
    });
    this.consumers.set(queue, consumer);
    // It rejects only when it is stopped before it began.
    consumer.start().catch(() => logger.debug('stopped before it consumed', { queue }));
  }

  /** What was delivered already is finished. */
  cancelQueue(queue: string): void {
    const consumer = this.consumers.get(queue);
    if (consumer === undefined) return;
    this.consumers.delete(queue);
    void consumer.cancel().catch((error: unknown) => {
      this.deps.logger.warn('consumer was not cancelled', { queue, error });
    });
  }

  /** Grows or shrinks the pool by so many slots, and the prefetch with it. */
  resizePool(change: number): void {
    this.setPoolSize(this.deps.flow.pool.concurrency + change);
  }

  setPoolSize(slots: number): void {
    const { flow, pool } = this.deps;
    pool.resize(flow.pool.resize(slots));
    this.adaptPrefetch();
  }

  restartPool(): void {
    this.deps.pool.restart();
  }

  poolStats(): Readonly<Record<string, unknown>> {
    return this.deps.pool.stats(this.deps.flow.pool.concurrency);
  }

  /** What remote control may do with the autoscaler; undefined without one. */
  get autoscaling(): Pick<Autoscaler, 'info' | 'update'> | undefined {
    const { autoscaler } = this;
    if (autoscaler === undefined) return undefined;
    return {
      info: () => autoscaler.info(),
      update: (changes) => {
        const range = autoscaler.update(changes);
        this.adaptPrefetch();
        return range;
      },
    };
  }

  /** With autoscaling that of its maximum: each change of the prefetch means to consume anew. */
  private get prefetch(): number {
    const slots = Math.max(this.autoscaler?.max ?? 0, this.deps.flow.pool.concurrency);
    return slots * this.deps.prefetchMultiplier;
  }

  private adaptPrefetch(): void {
    if (this.prefetch === this.consumedPrefetch) return;
    this.consumedPrefetch = this.prefetch;
    for (const consumer of this.consumers.values()) consumer.setPrefetch(this.prefetch);
  }

  private async begin(): Promise<void> {
    const { connections, publisher, results, dispatcher, heartbeat, queues, mingle, gossip } = this.deps;
    await Promise.all([this.deps.stateFile?.start(), this.deps.pool.start()]);
    await connections.start();
    await connections.ready();
    await Promise.all([publisher.start(), results.start(), dispatcher.start()]);
    // What the others revoked must be known before the first task comes.
    await mingle?.sync();
    if (this.stopping !== undefined) return;
    gossip?.start();
    await this.mailbox.start();
    for (const queue of queues) this.addQueue(celeryQueue(queue));
    const consuming = [...this.consumers.values()].map((consumer) => consumer.start());
    await Promise.all([...consuming, this.deps.subscribers.start()]);
    if (this.stopping !== undefined) return;
    heartbeat?.start();
    this.autoscaler?.start();
    this.deps.eventLoopLag.start();
    this.deps.takeover.start();
    connections.publish.on('connected', () => heartbeat?.announce());
    connections.consume.on('connected', () => void mingle?.sync());
  }

  private stopWatching(): void {
    this.autoscaler?.stop();
    this.deps.eventLoopLag.stop();
    this.deps.takeover.stop();
  }

  private async end(): Promise<void> {
    const { connections, publisher, results, dispatcher, heartbeat, flow, attempts, topology, subscribers } =
      this.deps;
    const consumers = [...this.consumers.values()];
    await Promise.all(consumers.map((consumer) => consumer.cancel()));
    await Promise.race([Promise.all([flow.drain(), subscribers.drain()]), this.cold]);
    heartbeat?.stop();
    this.stopWatching();
    attempts.stop();
    await this.deps.pool.stop();
    await Promise.all([this.mailbox.stop(), this.deps.gossip?.stop(), this.deps.stateFile?.stop()]);
    await Promise.all([...consumers.map((consumer) => consumer.stop()), subscribers.stop()]);
    await Promise.all([dispatcher.stop(), results.stop(), publisher.stop()]);
    await topology.close();
    await connections.stop();
  }
}

async function within(milliseconds: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
