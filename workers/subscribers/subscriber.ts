import { type AmqpConnection, AmqpConsumer, type Delivery } from '../../amqp';
import { AsyncPool } from '../pool';
import { decodePayload } from './decode-payload';
import { SubscriberRun, type SubscriberServices } from './subscriber-run';
import { SubscriberSettler, type SubscriberSettlerDeps } from './subscriber-settler';
import { declareSubscriber } from './subscriber-topology';

export interface SubscriberDeps extends SubscriberSettlerDeps {
  readonly connection: AmqpConnection;
  readonly services: SubscriberServices;
}

/** Ended messages that may wait for the broker before new ones start. */
const MAX_SETTLING = 100;

/**
 * Consumes the queue of one subscriber: so many handlers at a time, each message answered once its handler ended. It begins again
 * by itself after a lost connection or a deleted queue.
 */
export class Subscriber {
  private readonly consumer: AmqpConsumer;
  private readonly pool: AsyncPool<SubscriberRun>;
  private readonly settler: SubscriberSettler;
  private readonly running = new Set<SubscriberRun>();
  private starting: Promise<void> | undefined;

  constructor(private readonly deps: SubscriberDeps) {
    const { subscriber, connection, topology, logger } = deps;
    this.settler = new SubscriberSettler(deps);
    this.pool = new AsyncPool({
      concurrency: subscriber.concurrency,
      maxSettling: MAX_SETTLING,
      start: (run) => void this.run(run),
    });
    this.consumer = new AmqpConsumer({
      connection,
      queue: subscriber.queue,
      prefetch: subscriber.prefetch,
      prepare: () => declareSubscriber(topology, subscriber),
      onDelivery: (delivery) => this.receive(delivery),
      onInterrupted: (reason) => this.interrupted(reason),
      logger,
    });
  }

  start(): Promise<void> {
    this.starting ??= this.consumer.start();
    return this.starting;
  }

  /** No more deliveries; what has not begun goes back. Resolves when what runs is answered. */
  async drain(): Promise<void> {
    await this.consumer.cancel();
    this.pool.pause();
    for (const run of this.pool.removeWaiting(() => true)) this.settler.giveBack(run);
    await this.pool.idle();
  }

  /** Tells what runs to end, without an answer: its messages go back with the channel. */
  abort(reason: Error): void {
    void this.consumer.cancel().catch(() => undefined);
    this.pool.pause();
    for (const run of this.running) run.abort(reason);
  }

  stop(): Promise<void> {
    return this.consumer.stop();
  }

  private receive(delivery: Delivery): void {
    this.pool.submit(new SubscriberRun(delivery, this.deps.services));
  }

  /** All unanswered messages are in the queue again: those that wait are not begun, those that run are told. */
  private interrupted(reason: Error): void {
    this.pool.removeWaiting((run) => run.delivery.lost);
    for (const run of this.running) if (run.delivery.lost) run.abort(reason);
  }

  private async run(run: SubscriberRun): Promise<void> {
    this.running.add(run);
    const settle = await this.handle(run);
    this.running.delete(run);
    this.pool.release();
    if (!run.signal.aborted) await settle();
    this.pool.settled();
  }

  /** The handler's outcome as what is to be done about it. */
  private async handle(run: SubscriberRun): Promise<() => Promise<void> | void> {
    try {
      await this.deps.subscriber.handle(run, decodePayload(run.delivery));
      return () => this.settler.succeeded(run);
    } catch (error) {
      return () => this.settler.failed(run, error);
    }
  }
}
