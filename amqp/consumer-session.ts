import type { Channel, ConsumeMessage, Message } from 'amqplib';
import { AckBatch } from './ack-batch';
import { closeChannel } from './close-channel';
import { ChannelDelivery, type DeliveringChannel, type Delivery } from './delivery';
import { toRabbitMQError } from './error-mapping';
import { ConnectionError, type RabbitMQError } from './errors';

/** What a session does not find out by itself. */
export interface SessionOptions {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
  readonly onDelivery: (delivery: Delivery) => void;
}

/** Options of `basic.consume`. */
export interface ConsumeOptions {
  readonly exclusive: boolean;
  readonly arguments: Record<string, unknown>;
}

/** One life of a consumer's channel, from its opening to its end; a new channel is a new session. */
export class ConsumerSession implements DeliveringChannel {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
  /** Resolves, with the reason, when no more deliveries can come although nobody cancelled. */
  readonly interrupted: Promise<RabbitMQError>;
  readonly acks: AckBatch;
  unsettled = 0;
  readonly #onDelivery: (delivery: Delivery) => void;
  #open: boolean;
  #returning: boolean;
  /** A stream takes nothing back: what is left of it stays where it is, and `basic.nack` ends the connection. */
  #ofStream: boolean;
  #tag: string | undefined;
  #interrupt!: (reason: RabbitMQError) => void;

  constructor({ channel, queue, noAck, onDelivery }: SessionOptions) {
    this.#open = true;
    this.#returning = false;
    this.#ofStream = false;
    this.channel = channel;
    this.queue = queue;
    this.noAck = noAck;
    this.#onDelivery = onDelivery;
    this.acks = new AckBatch((deliveryTag, multiple) => this.#ack(deliveryTag, multiple));
    this.interrupted = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
    let reason: RabbitMQError = new ConnectionError('CONNECTION_LOST', 'Channel closed', { retryable: true });
    channel.on('error', (error: Error) => {
      reason = toRabbitMQError(error);
    });
    channel.once('close', () => {
      this.#open = false;
      this.unsettled = 0;
      this.acks.clear();
      this.#interrupt(reason);
    });
  }

  get open(): boolean {
    return this.#open;
  }

  /** Starts deliveries, at most `prefetch` unsettled at a time (0: no limit). */
  async consume(prefetch: number, { exclusive, arguments: args }: ConsumeOptions): Promise<void> {
    this.#ofStream = 'x-stream-offset' in args;
    await this.channel.prefetch(prefetch, false);
    const onMessage = (message: ConsumeMessage | null): void => this.#receive(message);
    const options = { noAck: this.noAck, exclusive, arguments: args };
    this.#tag = (await this.channel.consume(this.queue, onMessage, options)).consumerTag;
  }

  /**
   * Ends deliveries; the channel stays for settling.
   *
   * @param returning whether deliveries that still arrive go back to the queue
   */
  async cancel(returning: boolean): Promise<void> {
    const tag = this.#tag;
    this.#tag = undefined;
    this.#returning = returning;
    if (tag !== undefined && this.#open) await this.channel.cancel(tag).catch(() => undefined);
  }

  /** Closes the channel: the broker takes back what is not settled. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.acks.flush();
    this.#open = false;
    this.unsettled = 0;
    await closeChannel(this.channel);
  }

  #receive(message: ConsumeMessage | null): void {
    if (message === null) {
      this.#interrupt(
        new ConnectionError(
          'CHANNEL_CLOSED',
          `RabbitMQ cancelled the consumer of ${this.queue}: is it deleted?`,
          {
            retryable: true,
          },
        ),
      );
      return;
    }
    const delivery = new ChannelDelivery(message, this);
    if (!this.noAck) {
      this.unsettled += 1;
      this.acks.received(message.fields.deliveryTag);
    }
    if (!this.#returning) this.#onDelivery(delivery);
    else if (!this.noAck && !this.#ofStream) delivery.nack({ requeue: true });
  }

  #ack(deliveryTag: number, multiple: boolean): void {
    try {
      this.channel.ack({ fields: { deliveryTag } } as Message, multiple);
    } catch {
      // The channel is closing: amqplib throws, and the broker takes the messages back.
    }
  }
}
