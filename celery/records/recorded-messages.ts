import type { AmqpConnection, AmqpLogger, Delivery, MessageProperties } from '../../amqp';
import { readStream } from '../streams';
import { withoutNestedHeaders } from './nested-headers';
import { destinationOf, withoutDestination } from './recorded-destination';
import { withoutSentAt } from './sent-at';

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
  /** Where to begin instead, exactly. */
  readonly offset?: number | undefined;
  readonly logger: AmqpLogger;
}

/**
 * Reads the stream once, up to its present end, and keeps the messages of the given tasks.
 * @throws RabbitMQError when the broker is away, Error when the end is not reached in time.
 */
export const readRecordedMessages = async ({
  taskIds,
  ...options
}: ReadRecordedOptions): Promise<ReadonlyMap<string, RecordedMessage>> => {
  const found = new Map<string, RecordedMessage>();
  await readStream({
    ...options,
    onEntry: (delivery) => {
      const message = recordedMessage(delivery);
      if (message !== undefined && taskIds.has(message.taskId)) found.set(message.taskId, message);
      return found.size === taskIds.size;
    },
  });
  return found;
};

const recordedMessage = (delivery: Delivery): RecordedMessage | undefined => {
  const { id, task } = delivery.headers;
  if (typeof id !== 'string' || typeof task !== 'string') return undefined;
  const { content, properties } = delivery;
  const { exchange, routingKey } = destinationOf(delivery);
  const { 'x-stream-offset': _offset, ...headers } = withoutNestedHeaders(
    withoutSentAt(withoutDestination(delivery.headers)),
  );
  return { taskId: id, exchange, routingKey, content, properties: { ...properties, headers } };
};
