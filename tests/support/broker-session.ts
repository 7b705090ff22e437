import {
  AmqpConnection,
  type AmqpConnectionOptions,
  AmqpConsumer,
  ConfirmPublisher,
  type ConsumerOptions,
  type PublisherOptions,
  Topology,
} from '../../amqp';
import type { Stoppable } from './amqp-session';
import { PrivateBroker } from './private-broker';
import { SilentLogger } from './silent-logger';
import { until } from './until';

/** A broker that a test may break, and what is opened on it. */
export class BrokerSession {
  readonly logger = new SilentLogger();
  readonly #opened: Stoppable[] = [];

  private constructor(readonly broker: PrivateBroker) {}

  static async open(): Promise<BrokerSession> {
    return new BrokerSession(await PrivateBroker.create());
  }

  /** Starts a thing; {@link release} stops it. */
  async use<T extends Stoppable & { start(): Promise<void> }>(thing: T): Promise<T> {
    this.#opened.push(thing);
    await thing.start();
    return thing;
  }

  /** A connected connection to the broker. */
  async connect(options: Partial<AmqpConnectionOptions> = {}): Promise<AmqpConnection> {
    const connection = await this.use(
      new AmqpConnection({
        urls: [this.broker.url],
        name: 'chaos',
        logger: this.logger,
        backoffInitialMs: 50,
        backoffMaxMs: 500,
        ...options,
      }),
    );
    await connection.ready(15_000);
    return connection;
  }

  /** A publisher that takes messages. */
  async publisher(
    connection: AmqpConnection,
    options: Partial<PublisherOptions> = {},
  ): Promise<ConfirmPublisher> {
    const publisher = await this.use(new ConfirmPublisher({ connection, logger: this.logger, ...options }));
    await until(() => publisher.ready);
    return publisher;
  }

  /** A consumer that acknowledges everything and remembers the message ids. */
  async consumer(
    connection: AmqpConnection,
    queue: string,
    options: Partial<ConsumerOptions> = {},
  ): Promise<{ readonly consumer: AmqpConsumer; readonly seen: Set<string> }> {
    const seen = new Set<string>();
    const consumer = await this.use(
      new AmqpConsumer({
        connection,
        queue,
        prefetch: 500,
        logger: this.logger,
        onDelivery: (delivery) => {
          seen.add(delivery.properties.messageId ?? '');
          delivery.ack();
        },
        ...options,
      }),
    );
    return { consumer, seen };
  }

  async declare(connection: AmqpConnection, name: string, args: Record<string, unknown> = {}): Promise<void> {
    await new Topology({ connection, logger: this.logger }).ensureQueue({ name, arguments: args });
  }

  /** Stops what a test opened, last one first. */
  async release(): Promise<void> {
    for (const thing of this.#opened.splice(0).reverse()) await thing.stop();
  }

  async close(): Promise<void> {
    await this.release();
    await this.broker.stop();
  }
}

/** Publishes a persistent message to a queue. */
export const send = (
  publisher: ConfirmPublisher,
  queue: string,
  id: string,
  content = Buffer.from(id),
): Promise<void> =>
  publisher.publish({
    exchange: '',
    routingKey: queue,
    content,
    properties: { deliveryMode: 2, messageId: id },
  });
