import {
  type AmqpConnection,
  AmqpConsumer,
  type AmqpLogger,
  type Channel,
  ChannelPublisher,
  type ConfirmChannel,
  type ConfirmPublisher,
  type Delivery,
  type Topology,
} from '../../amqp';
import type { CeleryClient } from '../client';
import { READY_STATES, type TaskMeta } from '../protocol';
import type { SubmissionRecords } from '../records';
import { type ResultFeed, RpcResultWriter } from '../results';
import { CHORD_QUEUE, chordQueue } from './chord-queue';
import { type Held, HeldJoins } from './held-joins';
import { decodeJoin, type Join, joinKey } from './join';
import { type JoinPublishers, JoinSettler } from './join-settler';
import { JoinVerdicts } from './join-verdicts';
import { LookBack } from './look-back';
import { failedMeta, OpenJoin } from './open-join';
import { RpcChordCounter } from './rpc-chord-counter';

/** What {@link ChordJoiner} is made of. */
export interface ChordJoinerOptions {
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly feed: ResultFeed;
  /** Undefined while nothing is recorded: then a body may run twice after a takeover. */
  readonly records: Pick<SubmissionRecords, 'get' | 'sync'> | undefined;
  /** A client that sends through this publisher and no other. */
  readonly clientOn: (publisher: Pick<ConfirmPublisher, 'publish'>) => Pick<CeleryClient, 'submit'>;
  /** Default `celery-gateway.chords`. */
  readonly queue?: string | undefined;
  /** How long results are kept, in seconds: a join that has waited longer fails. */
  readonly maxAgeSeconds: number;
  /** Most joins held at a time; later ones wait in the queue. Default 10 000. */
  readonly maxOpen?: number | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

const DEFAULT_MAX_OPEN = 10_000;
const SYNC_TIMEOUT_MS = 10_000;
const PAUSE_MS = 500;
const SWEEP_MAX_MS = 30_000;
/** The results of a join that is new to the queue and younger than this cannot have left memory yet. */
const FRESH_MS = 60_000;

/** One life of the channel that holds the joins. */
interface Session extends JoinPublishers {
  /** What earlier holders published is known. */
  synced: Promise<void> | undefined;
}

/**
 * Joins chords on `rpc://` (docs/adr/0064-chords-on-rpc.md). Runs in every gateway; the broker lets one at a time hold the joins. It
 * watches the results that come by and publishes, on the very channel that holds a join, what the join starts. When that channel
 * is gone the broker takes no more from it and gives the join to the next gateway, which first learns what was published.
 */
export class ChordJoiner {
  readonly #options: ChordJoinerOptions;
  readonly #consumer: AmqpConsumer;
  readonly #settler: JoinSettler;
  readonly #now: () => number;
  readonly #lookBack: LookBack;
  readonly #held = new HeldJoins();
  readonly #verdicts = new JoinVerdicts();
  #session: Session | undefined;
  #unfollow: (() => void) | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #running: boolean = false;

  constructor(options: ChordJoinerOptions) {
    const { connection, records, feed, logger, queue = CHORD_QUEUE, maxOpen = DEFAULT_MAX_OPEN } = options;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#lookBack = new LookBack(feed);
    this.#settler = new JoinSettler({ records, feed, logger, now: this.#now });
    this.#consumer = new AmqpConsumer({
      connection,
      queue,
      prefetch: maxOpen,
      confirms: true,
      prepare: (channel) => this.#prepare(channel, queue),
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onInterrupted: () => this.#forgetAll(),
      logger,
    });
  }

  /** Joins held here that still wait. */
  get open(): number {
    return this.#held.size;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#unfollow = this.#options.feed.follow((meta) => this.#onReady(meta));
    const sweepMs = Math.min(SWEEP_MAX_MS, this.#options.maxAgeSeconds * 100);
    this.#sweep = setInterval(() => this.#expire(), sweepMs).unref();
    this.#consume();
  }

  /** Joins go back to the queue with the channel. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#unfollow?.();
    clearInterval(this.#sweep);
    await this.#consumer.stop();
    this.#forgetAll();
  }

  #consume(): void {
    this.#consumer
      .start()
      .catch((error: unknown) => this.#options.logger.debug('the joiner did not start', { error }));
  }

  async #prepare(channel: Channel, queue: string): Promise<void> {
    const { connection, topology, clientOn } = this.#options;
    await topology.ensureQueue(chordQueue(queue));
    this.#forgetAll();
    const publisher = new ChannelPublisher({ channel: channel as ConfirmChannel, connection, topology });
    this.#session = {
      client: clientOn(publisher),
      chords: new RpcChordCounter({ publisher, topology, queue, now: this.#now }),
      // Persistent: the stream keeps it either way, the fallback queue does not.
      results: new RpcResultWriter({ publisher, persistent: true }),
      get open() {
        return publisher.open;
      },
      synced: undefined,
    };
  }

  #onDelivery(delivery: Delivery): void {
    const { logger } = this.#options;
    let join: Join;
    try {
      join = decodeJoin(delivery.content);
    } catch (error) {
      logger.error('a message on the chord queue is no join', { queue: delivery.queue, error });
      delivery.ack();
      return;
    }
    const key = joinKey(join);
    const known = this.#held.get(key);
    if (known !== undefined) known.deliveries.push(delivery);
    else if (this.#verdicts.isSettled(key)) delivery.ack();
    else this.#hold({ open: new OpenJoin(join), deliveries: [delivery], settling: false });
  }

  #hold(held: Held): void {
    void this.#lookUp(held, this.#held.add(held));
  }

  /** What has come before the join; memory may have had to drop some of it. */
  async #lookUp(held: Held, watched: readonly string[]): Promise<void> {
    const { feed, logger } = this.#options;
    const { open } = held;
    const { begunAt, id } = open.join;
    const unknown: string[] = [];
    for (const taskId of watched) {
      const meta = await feed.getTaskMeta(taskId);
      if (meta === null) unknown.push(taskId);
      else if (READY_STATES.has(meta.status)) open.note(meta);
    }
    const fresh = !held.deliveries.some(({ redelivered }) => redelivered) && this.#now() - begunAt < FRESH_MS;
    while (!open.complete && !feed.complete && !fresh && this.#held.has(held)) {
      try {
        const metas = await this.#lookBack.read(unknown, begunAt);
        for (const meta of metas.values()) if (READY_STATES.has(meta.status)) open.note(meta);
        break;
      } catch (error) {
        logger.warn('a join could not look back for its results', { join: id, error });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    this.#settleIfComplete(held);
  }

  #onReady(meta: TaskMeta): void {
    for (const held of [...this.#held.watching(meta.task_id)]) {
      held.open.note(meta);
      this.#settleIfComplete(held);
    }
  }

  #settleIfComplete(held: Held): void {
    const session = this.#session;
    if (!held.open.complete || held.settling || session === undefined || !this.#held.has(held)) return;
    held.settling = true;
    const { join, lastReported } = held.open;
    void this.#finish(held, session, async () => {
      const refusal = this.#verdicts.refusal(joinKey(join));
      if (refusal !== undefined) return this.#settler.giveUp(join, refusal, session);
      const outcome = held.open.outcome(await this.#metasOf(held));
      await this.#settler.settle(join, outcome, lastReported, session);
    });
  }

  async #metasOf(held: Held): Promise<ReadonlyMap<string, TaskMeta>> {
    const metas = new Map<string, TaskMeta>();
    const gone = new Set<string>();
    for (const taskId of held.open.reporters) {
      const meta = await this.#options.feed.getTaskMeta(taskId);
      if (meta === null) gone.add(taskId);
      else metas.set(taskId, meta);
    }
    if (gone.size === 0) return metas;
    const found = await this.#lookBack.read(gone, held.open.join.begunAt);
    return new Map([...found, ...metas]);
  }

  async #finish(held: Held, session: Session, settle: () => Promise<void>): Promise<void> {
    try {
      await this.#synced(session);
      if (!session.open) return;
      await settle();
      this.#release(held);
      for (const delivery of held.deliveries) delivery.ack();
    } catch (error) {
      const { join } = held.open;
      this.#verdicts.failed(joinKey(join), error);
      this.#options.logger.warn('a join is settled again', {
        join: join.id,
        error: (error as Error).message,
      });
      // On a new channel: what the old one took or did not take is then decided, and can be looked up.
      if (session === this.#session && session.open) await this.#renew();
    }
  }

  /** The join's key is remembered before its messages are acknowledged: a second copy may be on its way. */
  #release(held: Held): void {
    this.#verdicts.settled(joinKey(held.open.join));
    this.#held.delete(held);
  }

  async #renew(): Promise<void> {
    await this.#consumer.stop();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (this.#running) this.#consume();
  }

  /** Whoever held the joins before may have published: nothing is, until that is known. */
  async #synced(session: Session): Promise<void> {
    const { records, logger } = this.#options;
    session.synced ??= (async () => {
      for (;;) {
        try {
          return await records?.sync(SYNC_TIMEOUT_MS);
        } catch (error) {
          if (!session.open) throw error;
          logger.warn('the submission record is not read to its end yet', { error });
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }
    })();
    await session.synced;
  }

  #expire(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { maxAgeSeconds } = this.#options;
    for (const held of this.#held.all()) {
      const { join, firstMissing } = held.open;
      const late = this.#now() - join.begunAt > maxAgeSeconds * 1000;
      if (!late || held.settling || firstMissing === undefined) continue;
      held.settling = true;
      const culprit = failedMeta(firstMissing, `no result within ${maxAgeSeconds} seconds`);
      void this.#finish(held, session, () => this.#settler.fail(join, culprit, session));
    }
  }

  #forgetAll(): void {
    this.#session = undefined;
    this.#held.clear();
  }
}
