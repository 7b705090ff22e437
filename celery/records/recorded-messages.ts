import { randomUUID } from 'node:crypto';
import {
  type AmqpConnection,
  AmqpConsumer,
  type AmqpLogger,
  type Delivery,
  type MessageProperties,
} from '../../amqp';
import { MARK_TYPE } from '../streams';

/** A submitted message as the record keeps it. */
export interface RecordedMessage {
  readonly taskId: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

export interface ReadRecordedOptions {
  readonly connection: AmqpConnection;
  readonly streamName: string;
  readonly taskIds: ReadonlySet<string>;
  /** Epoch milliseconds from which on to read. */
  readonly sinceMs: number;
  readonly logger: AmqpLogger;
}

const PREFETCH = 500;
const READ_TIMEOUT_MS = 30_000;

/**
 * Reads the stream once, up to its present end, and keeps the messages of the given tasks.
 * @throws RabbitMQError when the broker is away, Error when the end is not reached in time.
 */
export const readRecordedMessages = async (
  options: ReadRecordedOptions,
): Promise<ReadonlyMap<string, RecordedMessage>> => {
  const { connection, streamName, taskIds, logger } = options;
  const found = new Map<string, RecordedMessage>();
  const mark = randomUUID();
  let finish: () => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  const end = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const consumer = new AmqpConsumer({
    connection,
    queue: streamName,
    prefetch: PREFETCH,
    arguments: { 'x-stream-offset': new Date(options.sinceMs) },
    prepare: async (channel) => {
      channel.sendToQueue(streamName, Buffer.alloc(0), { type: MARK_TYPE, messageId: mark });
    },
    onDelivery: (delivery) => {
      const message = recordedMessage(delivery);
      if (message !== undefined && taskIds.has(message.taskId)) found.set(message.taskId, message);
      delivery.ack();
      if (found.size === taskIds.size || delivery.properties.messageId === mark) finish();
    },
    logger,
  });
  const timer = setTimeout(() => fail(new Error(`${streamName} was not read in time`)), READ_TIMEOUT_MS);
  try {
    await connection.ready(READ_TIMEOUT_MS);
    consumer.start().catch(fail);
    await end;
    return found;
  } finally {
    clearTimeout(timer);
    await consumer.stop();
  }
};

const recordedMessage = (delivery: Delivery): RecordedMessage | undefined => {
  const { id, task } = delivery.headers;
  if (typeof id !== 'string' || typeof task !== 'string') return undefined;
  const { exchange, routingKey, content, properties } = delivery;
  const { 'x-stream-offset': _offset, ...headers } = delivery.headers;
  return { taskId: id, exchange, routingKey, content, properties: { ...properties, headers } };
};
