import type { Options } from 'amqplib';
import { QueueError, type RabbitMQError } from './errors';
import type { PublishRequest } from './message-validation';

/**
 * One publish from admission to its end. It ends for the caller once: accepted, rejected, or unknown. Its slot in the
 * publisher's caps is held until the broker answers or the channel dies, which may be later.
 */
export class PendingPublish {
  readonly done: Promise<void>;
  /** The broker's words when it returned the message as unroutable; its confirm is yet to come. */
  returned: string | undefined;
  #ended: boolean;
  #resolve!: () => void;
  #reject!: (error: RabbitMQError) => void;

  constructor(
    readonly request: PublishRequest,
    readonly options: Options.Publish,
    /** On the monotonic clock, in milliseconds. */
    readonly deadline: number,
    /** On the same clock. */
    readonly admittedAt: number = 0,
  ) {
    this.#ended = false;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  accept(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#resolve();
  }

  reject(error: RabbitMQError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reject(error);
  }

  /** The message may or may not be in the queue: written, then the link died or the deadline passed. */
  unknown(reason: string, cause?: unknown): void {
    if (this.#ended) return;
    const { properties, exchange, routingKey } = this.request;
    this.reject(
      new QueueError('PUBLISH_UNKNOWN', `It is not known whether RabbitMQ took the message: ${reason}`, {
        retryable: true,
        cause,
        details: { exchange, routingKey, id: properties.messageId ?? properties.correlationId },
      }),
    );
  }

  /** The broker confirmed: it took the message, or returned it before. */
  confirmed(): void {
    if (this.returned === undefined) this.accept();
    else this.reject(this.#unroutable(this.returned));
  }

  #unroutable(reply: string): RabbitMQError {
    const { exchange, routingKey } = this.request;
    const target = exchange === '' ? `queue ${routingKey}` : `exchange ${exchange} with key ${routingKey}`;
    return new QueueError('UNROUTABLE', `No queue takes messages for ${target}`, {
      details: { exchange, routingKey, reply },
    });
  }

  nacked(): void {
    const { exchange, routingKey } = this.request;
    this.reject(
      new QueueError('PUBLISH_NACKED', 'RabbitMQ refused the message (queue full or failing)', {
        retryable: true,
        details: { exchange, routingKey },
      }),
    );
  }
}
