import { type AmqpConnection, AmqpConsumer, type AmqpLogger, ConnectionError } from '../../amqp';

export interface ReadAtOffsetOptions {
  readonly connection: AmqpConnection;
  /** A stream. */
  readonly queue: string;
  readonly offset: number;
  readonly logger: AmqpLogger;
}

const DEADLINE_MS = 5000;

/** One message of a stream. @throws ConnectionError when it does not come in time. */
export async function readAtOffset({ offset, ...options }: ReadAtOffsetOptions): Promise<Buffer> {
  let found: (content: Buffer) => void = () => undefined;
  const content = new Promise<Buffer>((resolve) => {
    found = resolve;
  });
  const consumer = new AmqpConsumer({
    ...options,
    prefetch: 1,
    arguments: { 'x-stream-offset': offset },
    onDelivery: (delivery) => {
      if (delivery.headers['x-stream-offset'] === offset) found(delivery.content);
      delivery.ack();
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ConnectionError('BROKER_UNREACHABLE', 'the stream was not read in time', { retryable: true }),
        ),
      DEADLINE_MS,
    );
  });
  try {
    // It rejects when it is stopped; by then the answer is there.
    consumer.start().catch(() => undefined);
    return await Promise.race([content, late]);
  } finally {
    clearTimeout(timer);
    await consumer.stop();
  }
}
