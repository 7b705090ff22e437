import { randomUUID } from 'node:crypto';
import { type AmqpConnection, AmqpConsumer, type AmqpLogger, type Delivery } from '../../amqp';
import { MARK_TYPE } from './stream-log';

export interface ReadStreamOptions {
  readonly connection: AmqpConnection;
  readonly streamName: string;
  /** Epoch milliseconds from which on to read; whole chunks come, so earlier entries may be among them. */
  readonly sinceMs: number;
  /** Where to begin instead, exactly. */
  readonly offset?: number | undefined;
  /** @returns true when there is no need to read on. */
  readonly onEntry: (delivery: Delivery) => boolean;
  readonly logger: AmqpLogger;
}

const PREFETCH = 500;
const READ_TIMEOUT_MS = 30_000;

/**
 * Reads a stream once, up to its present end.
 * @throws RabbitMQError when the broker is away, Error when the end is not reached in time.
 */
export const readStream = async (options: ReadStreamOptions): Promise<void> => {
  const { connection, streamName, onEntry, logger } = options;
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
    arguments: { 'x-stream-offset': options.offset ?? new Date(options.sinceMs) },
    prepare: async (channel) => {
      channel.sendToQueue(streamName, Buffer.alloc(0), { type: MARK_TYPE, messageId: mark });
    },
    onDelivery: (delivery) => {
      const { type, messageId } = delivery.properties;
      const enough = type === MARK_TYPE ? messageId === mark : onEntry(delivery);
      delivery.ack();
      if (enough) finish();
    },
    logger,
  });
  const timer = setTimeout(() => fail(new Error(`${streamName} was not read in time`)), READ_TIMEOUT_MS);
  try {
    await connection.ready(READ_TIMEOUT_MS);
    consumer.start().catch(fail);
    await end;
  } finally {
    clearTimeout(timer);
    await consumer.stop();
  }
};
