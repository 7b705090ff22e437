import {
  type AmqpConnection,
  AmqpConsumer,
  ConfirmPublisher,
  type ConsumerOptions,
  type PublisherOptions,
  Topology,
} from '../../amqp';
import { OpenedParts } from './opened-parts';
import { PrivateBroker } from './private-broker';
import { until } from './until';

/** A broker that a test may break, and what is opened on it. */
export class BrokerSession extends OpenedParts {
  private constructor(readonly broker: PrivateBroker) {
    super({ urls: [broker.url], name: 'chaos', backoffMaxMs: 500 }, 15_000);
  }

  static async open(): Promise<BrokerSession> {
    return new BrokerSession(await PrivateBroker.create());
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
