import { type AmqpLogger, RabbitMQError, type Topology } from '../../amqp';
import {
  DELAYED_DELIVERY_EXCHANGE,
  DELAYED_ENTRY_EXCHANGE,
  type DelayedQueueType,
  delayedRoutingKey,
  delayedTopology,
  MAX_DELAY_SECONDS,
  queueDelayBinding,
  queueDelayKey,
} from '../protocol';
import { BoundedIndex } from '../streams';
import type { Destination } from './router';

/** What delayed delivery declares with. */
export type DelayableTopology = Pick<
  Topology,
  'ensureQueue' | 'ensureExchange' | 'bindQueue' | 'bindExchange' | 'queueArguments' | 'exchangeIs'
>;

export interface DelayedDeliveryOptions {
  readonly topology: DelayableTopology;
  /** Celery's `broker_native_delayed_delivery_queue_type`; the 28 queues are used as they are where they exist. */
  readonly queueType: DelayedQueueType;
  /** For which destinations tasks with an ETA wait in the broker: quorum queues (`auto`), or all that can be. Default `auto`. */
  readonly mode?: DelayMode | undefined;
  readonly logger: AmqpLogger;
  readonly now: () => number;
  /** Milliseconds that never jump, for ages. Default `performance.now`. */
  readonly monotonic?: (() => number) | undefined;
}

export type DelayMode = 'auto' | 'always';

const MAX_QUEUES = 10_000;
/** Binding is idempotent and one round trip; a queue deleted and declared anew has lost its binding. */
const BINDING_CHECK_MS = 3_000;

/**
 * RabbitMQ as the place where delayed messages wait: Celery's native delayed delivery, with which a message for a queue of the
 * default exchange can wait too. Everything is declared on first use.
 */
export class DelayedDelivery {
  readonly #options: DelayedDeliveryOptions;
  readonly #bound = new BoundedIndex<string, number>(MAX_QUEUES);
  readonly #quorum = new BoundedIndex<string, boolean>(MAX_QUEUES);
  #declared: Promise<void> | undefined;

  constructor(options: DelayedDeliveryOptions) {
    this.#options = options;
  }

  /** Whether a queue is a quorum queue: there Celery delays in the broker. Asked once per queue. */
  async isQuorum(queue: string): Promise<boolean> {
    const known = this.#quorum.get(queue);
    if (known !== undefined) return known;
    const quorum = (await this.#options.topology.queueArguments(queue))?.['x-queue-type'] === 'quorum';
    this.#quorum.set(queue, quorum);
    return quorum;
  }

  /** Declares the 28 levels; once, until {@link forget}. Throws RabbitMQError. */
  declare(): Promise<void> {
    this.#declared ??= this.#declareAll().catch((error: unknown) => {
      this.#declared = undefined;
      throw error;
    });
    return this.#declared;
  }

  /** The broker said that something is missing: all is declared again before the next use. */
  forget(): void {
    this.#declared = undefined;
    this.#bound.clear();
    this.#quorum.clear();
  }

  /**
   * Where to publish a task so that it waits in the broker; undefined where it does not: as in Celery
   * (celery/app/base.py `send_task`) quorum queues are delayed for, with `always` every queue and topic or fanout exchange.
   * `until` is epoch ms. Throws RabbitMQError.
   */
  async towards(to: Destination, until: number): Promise<Destination | undefined> {
    const entrance = await this.#entranceFor(to, until);
    // Declaring may have taken the rest of the time.
    return until - this.#options.now() < 1000 ? undefined : entrance;
  }

  /**
   * Where to publish so that the message arrives in the queue at that time (epoch ms); all that takes exists then.
   * Throws RabbitMQError.
   */
  async towardsQueue(queue: string, until: number): Promise<Destination> {
    await this.declare();
    const { topology, monotonic = () => performance.now() } = this.#options;
    const boundAt = this.#bound.get(queue);
    if (boundAt === undefined || monotonic() - boundAt > BINDING_CHECK_MS) {
      await topology.bindQueue(queueDelayBinding(queue));
      this.#bound.set(queue, monotonic());
    }
    return this.#entrance(until, queueDelayKey(queue));
  }

  /**
   * Binds a consumed quorum queue as a Python worker does, so that Python's delayed tasks arrive without one: through its
   * exchange of the same name, where that is a topic or fanout (kombu/transport/native_delayed_delivery.py
   * `bind_queue_to_native_delayed_delivery_exchange`). Direct exchanges cannot be delayed through.
   */
  async bindAsPythonDoes(queue: string): Promise<void> {
    const { topology } = this.#options;
    await this.declare();
    const exchange = queue;
    if (!(await this.#forwards(exchange))) return;
    const routingKey = anyDelayOf(queue);
    await topology.bindExchange({ exchange, source: DELAYED_DELIVERY_EXCHANGE, routingKey });
    await topology.bindQueue({ queue, exchange, routingKey });
  }

  async #entranceFor(
    { queue, exchange, routingKey }: Destination,
    until: number,
  ): Promise<Destination | undefined> {
    const always = this.#options.mode === 'always';
    if (exchange === DELAYED_DELIVERY_EXCHANGE) {
      // It came through delayed delivery before: its bindings are there.
      await this.declare();
      return this.#entrance(until, routingKey);
    }
    if (queue === null) return always ? this.#throughExchange(exchange, routingKey, until) : undefined;
    return always || (await this.isQuorum(queue)) ? this.towardsQueue(queue, until) : undefined;
  }

  /** The broker delays by whole seconds, one at least; what is left of the last one the worker waits. */
  #entrance(until: number, routingKey: string): Destination {
    const seconds = Math.floor((until - this.#options.now()) / 1000);
    const key = delayedRoutingKey(Math.min(Math.max(1, seconds), MAX_DELAY_SECONDS), routingKey);
    return { exchange: DELAYED_ENTRY_EXCHANGE, routingKey: key, queue: null };
  }

  /** The queue behind must be bound with `#.<key>`, as Python workers bind theirs; a fanout's needs nothing. */
  async #throughExchange(
    exchange: string,
    routingKey: string,
    until: number,
  ): Promise<Destination | undefined> {
    if (routingKey === '' || !(await this.#forwards(exchange))) return undefined;
    await this.declare();
    const bindingKey = anyDelayOf(routingKey);
    await this.#options.topology.bindExchange({
      exchange,
      source: DELAYED_DELIVERY_EXCHANGE,
      routingKey: bindingKey,
    });
    return this.#entrance(until, routingKey);
  }

  /** Whether an exchange takes keys with a delay before them. */
  async #forwards(exchange: string): Promise<boolean> {
    const { topology } = this.#options;
    return (await topology.exchangeIs(exchange, 'topic')) || topology.exchangeIs(exchange, 'fanout');
  }

  async #declareAll(): Promise<void> {
    const { topology, queueType, logger } = this.#options;
    const wanted = delayedTopology(queueType);
    for (const exchange of wanted.exchanges) await topology.ensureExchange(exchange);
    for (const queue of wanted.queues) await topology.ensureQueue(queue);
    for (const binding of wanted.queueBindings) await topology.bindQueue(binding);
    for (const binding of wanted.exchangeBindings) await topology.bindExchange(binding);
    logger.info('native delayed delivery is declared', { queueType });
  }
}

const anyDelayOf = (routingKey: string): string =>
  routingKey.startsWith('#') ? routingKey : `#.${routingKey}`;

/** The broker's words for a piece of the topology that went missing. */
export const lacksTopology = (error: unknown): boolean =>
  error instanceof RabbitMQError && (error.code === 'EXCHANGE_NOT_FOUND' || error.code === 'UNROUTABLE');
