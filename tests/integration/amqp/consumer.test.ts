import {
  type AmqpConnection,
  AmqpConsumer,
  ConfirmPublisher,
  type ConsumerOptions,
  type Delivery,
  type Topology,
} from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';
import { until } from '../../support/until';
import { rabbitmqctl } from '../../support/vhost';

let session: AmqpSession;
let connection: AmqpConnection;
let topology: Topology;
let publisher: ConfirmPublisher;

beforeAll(async () => {
  session = await AmqpSession.open('consumer');
  connection = await session.connect();
  topology = await session.topology();
  publisher = await session.use(
    new ConfirmPublisher({ connection: await session.connect(), logger: session.logger }),
  );
});

afterAll(() => session.close());

const send = async (queue: string, count: number, type = 'classic'): Promise<void> => {
  await topology.ensureQueue({ name: queue, arguments: { 'x-queue-type': type } });
  const publish = (i: number): Promise<void> =>
    publisher.publish({
      exchange: '',
      routingKey: queue,
      content: Buffer.from(`${i}`),
      properties: { messageId: `${i}` },
    });
  await Promise.all(Array.from({ length: count }, (_, i) => publish(i)));
};

const consume = async (queue: string, options: Partial<ConsumerOptions> = {}) => {
  const deliveries: Delivery[] = [];
  const consumer = await session.use(
    new AmqpConsumer({
      connection,
      queue,
      prefetch: 10,
      onDelivery: (delivery) => deliveries.push(delivery),
      logger: session.logger,
      ...options,
    }),
  );
  return { consumer, deliveries };
};

const waiting = async (queue: string): Promise<number | undefined> =>
  (await topology.queueStatus(queue))?.messageCount;

describe('AmqpConsumer', () => {
  it('hands out at most prefetch unsettled deliveries, and the next as they are settled', async () => {
    await send('prefetch', 25);
    const { consumer, deliveries } = await consume('prefetch');
    await until(async () => (await waiting('prefetch')) === 15);
    expect(consumer.unsettled).toBe(10);
    const { queue, routingKey, exchange, redelivered, headers, properties } = deliveries[0] as Delivery;
    expect([queue, routingKey, exchange, redelivered]).toEqual(['prefetch', 'prefetch', '', false]);
    expect([headers, properties.messageId]).toEqual([{}, expect.stringMatching(/^\d+$/)]);
    for (const delivery of deliveries.splice(0)) expect(delivery.ack()).toBe(true);
    await until(() => deliveries.length === 10);
    await consumer.stop();
    expect(await waiting('prefetch')).toBe(15);
  });

  it('settles a delivery once', async () => {
    await send('once', 3);
    const { deliveries, consumer } = await consume('once');
    await until(() => deliveries.length === 3);
    const [first, second, third] = deliveries as [Delivery, Delivery, Delivery];
    expect([first.ack(), first.ack(), first.nack({ requeue: true }), first.settled]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(second.nack({ requeue: true })).toBe(true);
    expect(third.reject({ requeue: false })).toBe(true);
    await until(() => deliveries.length === 4);
    expect(deliveries[3]?.redelivered).toBe(true);
    expect(deliveries[3]?.properties.messageId).toBe(second.properties.messageId);
    expect(consumer.unsettled).toBe(1);
    await consumer.stop();
  });

  it('settles nothing on a channel that did not deliver it, after the connection was lost', async () => {
    await send('stale', 2);
    const own = await session.connect({ name: 'consumer to be closed' });
    const interruptions: string[] = [];
    const { deliveries, consumer } = await consume('stale', {
      connection: own,
      onInterrupted: ({ code }) => interruptions.push(code),
    });
    await until(() => deliveries.length === 2);
    const { generation } = own;
    await rabbitmqctl('close_all_connections', '--vhost', session.vhost.name, 'test');
    await until(() => own.generation > generation && deliveries.length === 4);
    expect([deliveries[0]?.ack(), deliveries[1]?.nack({ requeue: true })]).toEqual([false, false]);
    expect(deliveries.slice(2).every(({ redelivered }) => redelivered)).toBe(true);
    expect(deliveries.slice(2).map((delivery) => delivery.ack())).toEqual([true, true]);
    expect(interruptions).toHaveLength(1);
    await consumer.stop();
    expect(await waiting('stale')).toBe(0);
  });

  it('gives back what was prefetched and not handed out when cancelled, and lets the rest be settled', async () => {
    await send('cancel', 200);
    const { deliveries, consumer } = await consume('cancel', { prefetch: 100 });
    await until(() => deliveries.length > 0);
    await consumer.cancel();
    const handedOut = deliveries.length;
    expect(consumer.consuming).toBe(false);
    expect(consumer.unsettled).toBe(handedOut);
    await until(async () => (await waiting('cancel')) === 200 - handedOut);
    for (const delivery of deliveries) expect(delivery.ack()).toBe(true);
    await consumer.stop();
    expect(deliveries).toHaveLength(handedOut);
    expect(await waiting('cancel')).toBe(200 - handedOut);
  });

  it('consumes again when its queue is deleted and comes back', async () => {
    await send('deleted', 1);
    const interruptions: string[] = [];
    const { deliveries, consumer } = await consume('deleted', {
      onInterrupted: ({ code }) => interruptions.push(code),
    });
    await until(() => deliveries.length === 1);
    await topology.deleteQueue('deleted');
    await until(() => interruptions.length === 1);
    expect(interruptions).toEqual(['CHANNEL_CLOSED']);
    expect(deliveries[0]?.ack()).toBe(false);
    await send('deleted', 1);
    await until(() => deliveries.length === 2);
    await consumer.stop();
  });

  it('waits for a queue that does not exist yet', async () => {
    const deliveries: Delivery[] = [];
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery);
    const consumer = new AmqpConsumer({
      connection,
      queue: 'later',
      prefetch: 1,
      onDelivery,
      logger: session.logger,
    });
    const started = consumer.start();
    await until(() => session.logger.text.includes('later'));
    await send('later', 1);
    await started;
    await until(() => deliveries.length === 1);
    await consumer.stop();
  });

  it('changes its prefetch while it runs, losing and doubling nothing', async () => {
    await send('resize', 60);
    const { deliveries, consumer } = await consume('resize', { prefetch: 5 });
    await until(() => deliveries.length === 5);
    await consumer.setPrefetch(20);
    await until(() => deliveries.length === 25);
    for (let next = 0; next < 60; next++) {
      await until(() => deliveries.length > next);
      expect(deliveries[next]?.ack()).toBe(true);
    }
    expect(new Set(deliveries.map(({ properties }) => properties.messageId)).size).toBe(60);
    await consumer.stop();
    expect(await waiting('resize')).toBe(0);
  });

  it('declares its own exclusive queue in prepare, and reads a stream from an offset', async () => {
    const { consumer, deliveries } = await consume('', {
      prepare: async (channel) => (await channel.assertQueue('', { exclusive: true })).queue,
    });
    await consumer.stop();
    expect(deliveries).toEqual([]);
    await topology.declareQueue({ name: 'log', arguments: { 'x-queue-type': 'stream' } });
    await send('log', 5);
    const stream = await consume('log', { arguments: () => ({ 'x-stream-offset': 2 }) });
    await until(() => stream.deliveries.length === 3);
    expect(stream.deliveries.map(({ headers }) => headers['x-stream-offset'])).toEqual([2, 3, 4]);
    await stream.consumer.stop();
  });

  it('survives a handler that throws', async () => {
    await send('throws', 2);
    let calls = 0;
    const { consumer } = await consume('throws', {
      onDelivery: (delivery) => {
        calls += 1;
        delivery.ack();
        throw new Error('handler failed');
      },
    });
    await until(() => calls === 2);
    expect(connection.state).toBe('connected');
    await until(() => session.logger.text.includes('handler failed'));
    await consumer.stop();
  });

  it('rejects start when stopped before it could consume, and stops twice', async () => {
    const consumer = new AmqpConsumer({
      connection,
      queue: 'nowhere',
      prefetch: 1,
      onDelivery: () => undefined,
      logger: session.logger,
    });
    const started = expect(consumer.start()).rejects.toMatchObject({ code: 'CHANNEL_CLOSED' });
    await consumer.stop();
    await consumer.stop();
    await started;
  });

  it('lets what still arrives of a stream it has left go: to hand it back would end the connection', async () => {
    await send('stream', 1500, 'stream');
    const reading = await session.connect();
    await reading.ready();
    const before = reading.generation;
    for (let round = 0; round < 5; round += 1) {
      let stopped: Promise<void> | undefined;
      const { consumer } = await consume('stream', {
        connection: reading,
        prefetch: 1500,
        arguments: { 'x-stream-offset': 'first' },
        onDelivery: (delivery) => {
          delivery.ack();
          stopped ??= consumer.stop();
        },
      });
      await consumer.start().catch(() => undefined);
      await until(() => stopped !== undefined);
      await stopped;
    }
    // Answered after what was sent before it: a refusal would have ended the connection by then.
    await (await reading.openChannel()).close();
    expect(reading.generation).toBe(before);
  });
});
