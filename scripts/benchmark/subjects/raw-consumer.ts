import { type ConsumeMessage, connect } from 'amqplib';
import { Redis } from 'ioredis';

/**
 * The least a consumer can do: parse the body, store the result the shortest way, acknowledge. Also the answering side
 * of the direct reply-to baseline, since `reply_to` is where its result goes.
 */
const main = async (): Promise<void> => {
  const [url = '', queue = '', prefetch = '100', mode = 'off', redisUrl = ''] = process.argv.slice(2);
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const redis = mode === 'redis' ? new Redis(redisUrl) : undefined;
  await channel.prefetch(Number(prefetch));

  const store = async (message: ConsumeMessage): Promise<void> => {
    const id = String(message.properties.correlationId);
    const meta = JSON.stringify({
      status: 'SUCCESS',
      result: null,
      traceback: null,
      children: [],
      task_id: id,
    });
    if (mode === 'rpc') {
      channel.publish('', String(message.properties.replyTo), Buffer.from(meta), {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: id,
      });
    } else if (redis !== undefined) {
      const key = `celery-task-meta-${id}`;
      await redis.multi().setex(key, 600, meta).publish(key, meta).exec();
    }
  };

  const onMessage = async (message: ConsumeMessage | null): Promise<void> => {
    if (message === null) return;
    const [args] = JSON.parse(message.content.toString()) as [string[], unknown, unknown];
    if (message.properties.headers?.task === 'bench.mark') {
      channel.sendToQueue(args[0] ?? '', Buffer.from(JSON.stringify(args[1])));
    } else {
      await store(message);
    }
    channel.ack(message);
  };
  await channel.consume(queue, (message) => void onMessage(message), { noAck: false });
  process.stdout.write('consuming\n');
  process.once('SIGTERM', () => process.exit(0));
};

void main();
