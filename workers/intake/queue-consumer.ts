import { type AmqpConnection, AmqpConsumer, type Delivery, type Topology } from '../../amqp';
import type { DelayedDelivery } from '../../celery/client';
import type { QueueTopology } from '../../celery/protocol';
import type { Logger } from '../../runtime';
import { needsFreshPrefetch } from './held-budget';

export interface QueueConsumerOptions {
  readonly connection: AmqpConnection;
  readonly topology: Pick<Topology, 'ensureQueue' | 'ensureExchange' | 'bindQueue'>;
  readonly delayed?: Pick<DelayedDelivery, 'isQuorum' | 'bindAsPythonDoes'> | undefined;
  /** The queue, and how it is declared if it is missing. */
  readonly declaration: QueueTopology;
  /** Concurrency × multiplier; 0 is no limit. */
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery, source: QueueConsumer) => void;
  /** The channel is gone: its unsettled messages are in the queue again. */
  readonly onInterrupted: (source: QueueConsumer) => void;
  readonly logger: Logger;
}

/** Consumes one task queue: declares it as Celery would if it is missing, and raises the prefetch for held messages. */
export class QueueConsumer {
  /** Grows with each lost channel. */
  generation = 0;
  private readonly consumer: AmqpConsumer;
  private base: number;
  private held = 0;
  /** Of them, those received since it last began to consume; too high rather than too low. */
  private heldHere = 0;
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly options: QueueConsumerOptions) {
    this.base = options.prefetch;
    this.consumer = new AmqpConsumer({
      connection: options.connection,
      queue: options.declaration.queue.name,
      prefetch: options.prefetch,
      prepare: () => this.ensureQueue(),
      onDelivery: (delivery) => options.onDelivery(delivery, this),
      onInterrupted: () => {
        this.generation += 1;
        this.heldHere = 0;
        options.onInterrupted(this);
      },
      logger: options.logger,
    });
  }

  get queue(): string {
    return this.options.declaration.queue.name;
  }

  get topology(): QueueTopology {
    return this.options.declaration;
  }

  get consuming(): boolean {
    return this.consumer.consuming;
  }

  start(): Promise<void> {
    return this.consumer.start();
  }

  cancel(): Promise<void> {
    return this.consumer.cancel();
  }

  async stop(): Promise<void> {
    await this.changing;
    await this.consumer.stop();
  }

  /** The number of messages now held until their ETA. */
  setHeld(held: number): void {
    this.heldHere = held > this.held ? this.heldHere + held - this.held : Math.min(this.heldHere, held);
    this.held = held;
    if (needsFreshPrefetch(this.base, this.heldHere)) this.renew();
  }

  /** A new base, after the pool grew or shrank. */
  setPrefetch(prefetch: number): void {
    if (prefetch === this.base) return;
    this.base = prefetch;
    this.renew();
  }

  /** One after the other: each cancels and consumes anew. */
  private renew(): void {
    this.heldHere = 0;
    this.changing = this.changing
      .then(() => this.consumer.renew(this.base))
      .catch((error: unknown) => {
        this.options.logger.warn('prefetch was not changed', { queue: this.queue, error });
      });
  }

  private async ensureQueue(): Promise<void> {
    const { topology, declaration } = this.options;
    if ((await topology.ensureQueue(declaration.queue)) === 'existing') {
      await this.bindDelayed();
      return;
    }
    await topology.ensureExchange(declaration.exchange);
    await topology.bindQueue(declaration.binding);
  }

  /** A quorum queue gets Python's delayed tasks only through the broker. What cannot be bound must not stop the consuming. */
  private async bindDelayed(): Promise<void> {
    const { delayed, logger } = this.options;
    const { queue } = this;
    try {
      if (delayed !== undefined && (await delayed.isQuorum(queue))) await delayed.bindAsPythonDoes(queue);
    } catch (error) {
      logger.warn('the queue is not bound to native delayed delivery', { queue, error });
    }
  }
}
