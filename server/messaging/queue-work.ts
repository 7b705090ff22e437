import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AmqpConnections,
  AmqpConsumer,
  type ConfirmPublisher,
  type DirectReply,
  type PeekedMessage,
  type PublishRequest,
  peekQueue,
  QueueCursor,
  QueueError,
  type QueueStatus,
  requestReply,
  type Topology,
  toRabbitMQError,
} from '../../amqp';
import type { Lifecycle, Logger } from '../../runtime';
import { GatewayError } from '../errors';

export interface QueueWorkDeps {
  /** Its own pair: an operation must not slow submissions, and no mistake of it may end their connection. */
  readonly connections: AmqpConnections;
  readonly publisher: ConfirmPublisher;
  readonly topology: Topology;
  readonly logger: Logger;
}

/** How long a stop waits for confirms. */
const STOP_MS = 2000;

/** Of a temporary queue: what a slow reader has not had yet. */
const FOLLOW_MAX_MESSAGES = 1000;
const FOLLOW_MAX_BYTES = 64 * 1024 * 1024;
const FOLLOW_PREFETCH = 100;
const FOLLOW_QUEUE = {
  exclusive: true,
  autoDelete: true,
  durable: false,
  arguments: {
    'x-max-length': FOLLOW_MAX_MESSAGES,
    'x-max-length-bytes': FOLLOW_MAX_BYTES,
    'x-overflow': 'drop-head',
  },
} as const;

/** `classic`, `quorum`, `stream`, or a plugin's. */
export type QueueType = string;

/** Reads queues, takes from them and publishes again, beside the traffic of tasks. */
export class QueueWork implements Lifecycle {
  /** One peek at a time per queue: two would see, and disturb, different messages. */
  private readonly peeks = new Map<string, Promise<unknown>>();

  constructor(private readonly deps: QueueWorkDeps) {}

  /** Returns at once; connecting goes on in the background. */
  async start(): Promise<void> {
    const { connections, publisher, logger } = this.deps;
    await connections.start();
    publisher.start().catch((error: unknown) => logger.error('the publisher did not start', { error }));
  }

  async stop(): Promise<void> {
    // What is not confirmed by then is still in its queue.
    await Promise.race([this.deps.publisher.stop(), sleep(STOP_MS, undefined, { ref: false })]);
    await this.deps.connections.stop();
  }

  /** @throws ConnectionError BROKER_UNREACHABLE when it is not there in time. */
  async ready(timeoutMs: number): Promise<void> {
    await this.deps.connections.ready(timeoutMs);
  }

  /** @throws QueueError QUEUE_NOT_FOUND. */
  async status(queue: string): Promise<QueueStatus> {
    const status = await this.deps.topology.queueStatus(queue);
    if (status === null) throw new QueueError('QUEUE_NOT_FOUND', `There is no queue ${queue}.`);
    return status;
  }

  /**
   * The type of a queue from which messages can be taken.
   * @throws QueueError QUEUE_NOT_FOUND. @throws GatewayError QUEUE_TYPE_UNSUPPORTED for streams: asking one to give a message
   * ends the connection.
   */
  async takeable(queue: string): Promise<QueueType> {
    const declared = await this.deps.topology.queueArguments(queue);
    if (declared === null) await this.status(queue);
    const type = declared?.['x-queue-type'] ?? 'classic';
    if (type === 'stream')
      throw new GatewayError('QUEUE_TYPE_UNSUPPORTED', `The queue ${queue} is a stream.`);
    return String(type);
  }

  peek(
    queue: string,
    limits: { readonly count: number; readonly maxBytes: number },
    then: 'requeue' | 'ack',
  ): Promise<readonly PeekedMessage[]> {
    const before = this.peeks.get(queue) ?? Promise.resolve();
    const peek = before.then(() => peekQueue(this.deps.connections.consume, queue, limits, then));
    const settled = peek
      .catch(() => undefined)
      .finally(() => {
        if (this.peeks.get(queue) === settled) this.peeks.delete(queue);
      });
    this.peeks.set(queue, settled);
    return peek;
  }

  openCursor(queue: string, prefetch: number): Promise<QueueCursor> {
    return QueueCursor.open({ connection: this.deps.connections.consume, queue, prefetch });
  }

  /** @returns undefined when no reply came in time or the signal aborted. */
  request(request: PublishRequest, timeoutMs: number, signal: AbortSignal): Promise<DirectReply | undefined> {
    return requestReply(this.deps.connections.publish, request, timeoutMs, signal);
  }

  /**
   * Copies of what an exchange routes under the key, through a temporary queue of the newest messages.
   * @throws QueueError EXCHANGE_NOT_FOUND.
   */
  async follow(
    exchange: string,
    routingKey: string,
    onMessage: (message: PeekedMessage) => void,
  ): Promise<{ stop(): Promise<void> }> {
    const { connections, topology, logger } = this.deps;
    if (!(await topology.exchangeExists(exchange)))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${exchange}.`);
    let refused: (reason: unknown) => void = () => undefined;
    const refusal = new Promise<never>((_resolve, reject) => {
      refused = reject;
    });
    const consumer = new AmqpConsumer({
      connection: connections.consume,
      queue: '',
      prefetch: FOLLOW_PREFETCH,
      prepare: async (channel) => {
        try {
          const { queue } = await channel.assertQueue('', FOLLOW_QUEUE);
          await channel.bindQueue(queue, exchange, routingKey);
          return queue;
        } catch (error) {
          refused(error);
          throw error;
        }
      },
      onDelivery: (delivery) => {
        delivery.ack();
        onMessage(delivery);
      },
      logger,
    });
    try {
      // A consumer tries for ever. The exchange may be gone since it was looked at, and the caller waits.
      await Promise.race([consumer.start(), refusal]);
    } catch (error) {
      await consumer.stop();
      throw toRabbitMQError(error);
    }
    return consumer;
  }

  /** Resolves when the broker has confirmed and routed the message. */
  publish(request: PublishRequest): Promise<void> {
    return this.deps.publisher.publish(request);
  }
}
