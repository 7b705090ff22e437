import type { Channel } from 'amqplib';
import { closeChannel } from './close-channel';
import type { AmqpConnection } from './connection';
import { withDeadline } from './deadline';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, type RabbitMQError } from './errors';

/** What a lease needs of its connection. */
export type LeasedConnection = Pick<AmqpConnection, 'openChannel'> &
  Partial<Pick<AmqpConnection, 'lastError'>>;

/** amqplib's words for a channel that went with its connection. They do not tell why. */
const WENT_WITH_CONNECTION = /^Channel ended/;

/**
 * A channel for operations that may kill it: declares, checks, purges. Used by one operation at a time, kept while it lives,
 * opened anew after an operation that closed it.
 */
export class ChannelLease {
  #channel: Channel | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly connection: LeasedConnection,
    private readonly deadlineMs: number,
  ) {}

  /**
   * Runs the operation after those before it.
   *
   * @throws RabbitMQError what the broker answered; `BROKER_UNREACHABLE`, retryable, when it did not within the deadline
   */
  use<T>(operation: (channel: Channel) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#run(operation));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#discard();
  }

  async #run<T>(operation: (channel: Channel) => Promise<T>): Promise<T> {
    const work = async (): Promise<T> => operation(this.#channel ?? (await this.#open()));
    try {
      return await withDeadline(work(), this.deadlineMs, () => {
        void this.#discard();
        throw new ConnectionError('BROKER_UNREACHABLE', 'RabbitMQ did not answer in time', {
          retryable: true,
        });
      });
    } catch (error) {
      throw this.#reason(toRabbitMQError(error));
    }
  }

  /** Some commands the broker answers by ending the whole connection, which alone knows what it said. */
  #reason(error: RabbitMQError): RabbitMQError {
    const { lastError } = this.connection;
    const ended = WENT_WITH_CONNECTION.test(error.message) && lastError?.code === 'CHANNEL_CLOSED';
    return ended ? lastError : error;
  }

  async #open(): Promise<Channel> {
    const channel = await this.connection.openChannel();
    channel.once('close', () => {
      if (this.#channel === channel) this.#channel = undefined;
    });
    this.#channel = channel;
    return channel;
  }

  async #discard(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    if (channel !== undefined) await closeChannel(channel);
  }
}
