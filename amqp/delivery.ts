import type { Channel, ConsumeMessage } from 'amqplib';
import type { AckBatch } from './ack-batch';
import type { HeaderTable, MessageProperties } from './message';

/** A message handed to a consumer. It is settled once, on the channel that delivered it and on no other. */
export interface Delivery {
  readonly content: Buffer;
  readonly properties: MessageProperties;
  /** `properties.headers`, never absent. */
  readonly headers: HeaderTable;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly queue: string;
  /** Whether it was settled, or was delivered without acknowledgement. */
  readonly settled: boolean;
  /** Its channel closed before it was settled: the broker has taken the message back and delivers it again. */
  readonly lost: boolean;
  /** Each returns false when it was settled before or its channel is gone: then the broker has taken the message back. */
  ack(): boolean;
  /**
   * Acknowledges in one frame this delivery, which must be the latest of its channel, and all before it: for readers that
   * settle nothing singly.
   */
  ackThrough(): boolean;
  nack(options: { readonly requeue: boolean }): boolean;
  reject(options: { readonly requeue: boolean }): boolean;
}

const NO_HEADERS: HeaderTable = Object.freeze({});

/** The channel a delivery came on, as its consumer keeps it. */
export interface DeliveringChannel {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
  /** False from the moment the channel closes. */
  readonly open: boolean;
  /** Deliveries not yet settled. */
  unsettled: number;
  readonly acks: AckBatch;
}

/** A delivery of amqplib, bound to its channel. */
export class ChannelDelivery implements Delivery {
  readonly #message: ConsumeMessage;
  readonly #source: DeliveringChannel;
  #settled: boolean;

  constructor(message: ConsumeMessage, source: DeliveringChannel) {
    this.#message = message;
    this.#source = source;
    this.#settled = source.noAck;
  }

  get content(): Buffer {
    return this.#message.content;
  }

  get properties(): MessageProperties {
    return this.#message.properties as MessageProperties;
  }

  get headers(): HeaderTable {
    return (this.#message.properties.headers as HeaderTable | undefined) ?? NO_HEADERS;
  }

  get exchange(): string {
    return this.#message.fields.exchange;
  }

  get routingKey(): string {
    return this.#message.fields.routingKey;
  }

  get redelivered(): boolean {
    return this.#message.fields.redelivered;
  }

  get queue(): string {
    return this.#source.queue;
  }

  get settled(): boolean {
    return this.#settled;
  }

  get lost(): boolean {
    return !this.#settled && !this.#source.open;
  }

  ack(): boolean {
    return this.#settle(({ acks }, { fields }) => acks.ack(fields.deliveryTag));
  }

  ackThrough(): boolean {
    const settled = this.#settle(({ acks }, { fields }) => acks.ackThrough(fields.deliveryTag));
    if (settled) this.#source.unsettled = 0;
    return settled;
  }

  nack({ requeue }: { readonly requeue: boolean }): boolean {
    return this.#settle(({ acks, channel }, message) => {
      acks.settled(message.fields.deliveryTag);
      channel.nack(message, false, requeue);
    });
  }

  reject({ requeue }: { readonly requeue: boolean }): boolean {
    return this.#settle(({ acks, channel }, message) => {
      acks.settled(message.fields.deliveryTag);
      channel.reject(message, requeue);
    });
  }

  #settle(settle: (source: DeliveringChannel, message: ConsumeMessage) => void): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    if (!this.#source.open) return false;
    this.#source.unsettled -= 1;
    try {
      settle(this.#source, this.#message);
      return true;
    } catch {
      // The channel is closing: amqplib throws, and the broker takes the message back.
      return false;
    }
  }
}
