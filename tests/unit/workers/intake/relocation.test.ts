import {
  ConnectionError,
  type Delivery,
  type HeaderTable,
  type PublishRequest,
  QueueError,
} from '../../../../amqp';
import { silentLogger } from '../../../../runtime';
import { Attempts } from '../../../../workers/execution';
import { type DeadLetterRoute, Relocation } from '../../../../workers/intake';

const NOW = 1_000_000;
const delayedTo = (queue: string, until: number) => ({
  exchange: 'delayed',
  routingKey: `${until - NOW} ${queue}`,
  queue: null,
});

const delivery = (headers: HeaderTable, properties: Delivery['properties'] = {}): Delivery => ({
  content: Buffer.from('body'),
  properties: { ...properties, headers },
  headers,
  exchange: 'orders',
  routingKey: 'order.new',
  redelivered: false,
  queue: 'q',
  settled: false,
  lost: false,
  ack: () => true,
  nack: () => true,
  ackThrough: () => true,
  reject: () => true,
});

/** A relocation that notes what it does, in order. */
const setUp = (answer: () => Promise<void> = async () => undefined, route?: DeadLetterRoute) => {
  const done: string[] = [];
  const published: PublishRequest[] = [];
  const attempts = new Attempts(silentLogger());
  const relocation = new Relocation({
    publisher: {
      publish: async (request) => {
        published.push(request);
        await answer();
        done.push('confirmed');
      },
    },
    delayed: {
      towardsQueue: async (queue, until) => delayedTo(queue, until),
      forget: () => done.push('forget'),
    },
    deadLetters: { of: async () => route },
    settler: { acknowledgeCopy: () => done.push('acknowledged') },
    attempts,
    clock: { now: () => NOW, monotonic: () => 0 },
    logger: silentLogger(),
  });
  return { relocation, done, published, attempts };
};
const INFO = { exchange: 'orders', routingKey: 'order.new', priority: 4, redelivered: false };

describe('Relocation', () => {
  test('acknowledges a parked message only after the copy is confirmed', async () => {
    const { relocation, done, published } = setUp();
    const original = delivery({ id: 'a', mine: 'x' }, { priority: 4, expiration: '5000', userId: 'other' });
    await expect(relocation.park(original, INFO, NOW + 60_000)).resolves.toBe(true);
    expect(done).toEqual(['confirmed', 'acknowledged']);
    expect(published).toEqual([
      {
        exchange: 'delayed',
        routingKey: '60000 q',
        content: original.content,
        properties: {
          priority: 4,
          headers: { id: 'a', mine: 'x', 'x-celery-gateway-parked': [1, 'orders', 'order.new'] },
        },
        trustedHeaders: true,
      },
    ]);
  });

  test("leaves the broker's marks behind, or RabbitMQ would see a loop, and counts how often", async () => {
    const { relocation, published } = setUp();
    const headers = {
      'x-death': [{ queue: 'celery_delayed_3' }],
      'x-first-death-queue': 'celery_delayed_3',
      'x-delivery-count': 2,
      'x-own': 'kept',
      'x-celery-gateway-parked': [2, '', 'q'],
    };
    await relocation.park(delivery(headers), { ...INFO, exchange: '', routingKey: 'q' }, NOW + 5_000);
    expect(published[0]?.properties.headers).toEqual({
      'x-own': 'kept',
      'x-celery-gateway-parked': [3, '', 'q'],
    });
  });

  test('what cannot be moved is not acknowledged, and what is known of the topology is forgotten', async () => {
    const { relocation, done } = setUp(async () => {
      throw new QueueError('UNROUTABLE', 'no queue');
    });
    await expect(relocation.park(delivery({}), INFO, NOW + 60_000)).resolves.toBe(false);
    expect(done).toEqual(['forget']);
  });

  test('goes on trying while the broker is away', async () => {
    let failures = 2;
    const { relocation, done } = setUp(async () => {
      failures -= 1;
      if (failures >= 0) throw new ConnectionError('BROKER_UNREACHABLE', 'away', { retryable: true });
    });
    await expect(relocation.handBack(delivery({}))).resolves.toBe(true);
    expect(done).toEqual(['forget', 'forget', 'confirmed', 'acknowledged']);
  });

  test.each([
    [undefined, 1000, 1],
    [3, 8000, 4],
    [9, 30_000, 10],
  ])('a message handed back %s times waits %i ms', async (times, wait, next) => {
    const { relocation, published } = setUp();
    await relocation.handBack(delivery(times === undefined ? {} : { 'x-celery-gateway-handed-back': times }));
    expect(published[0]?.routingKey).toBe(`${wait} q`);
    expect(published[0]?.properties.headers).toEqual({ 'x-celery-gateway-handed-back': next });
  });

  test('a dead letter carries its reason once; without a dead-letter exchange it stays', async () => {
    const { relocation, published } = setUp(undefined, { exchange: 'dlx' });
    await expect(relocation.deadLetter(delivery({ id: 'a' }), 'body_invalid', 'no list')).resolves.toBe(true);
    expect(published[0]).toMatchObject({ exchange: 'dlx', routingKey: 'order.new' });
    expect(published[0]?.properties.headers).toMatchObject({ 'x-celery-gateway-reason': 'body_invalid' });
    const again = delivery({ 'x-celery-gateway-reason': 'body_invalid' });
    await expect(relocation.deadLetter(again, 'body_invalid', '')).resolves.toBe(false);
    await expect(setUp().relocation.deadLetter(delivery({}), 'x', '')).resolves.toBe(false);
  });

  test('is idle once everything is moved', async () => {
    let confirm: () => void = () => undefined;
    const { relocation, done } = setUp(() => new Promise((resolve) => (confirm = resolve)));
    const moving = relocation.park(delivery({}), INFO, NOW + 60_000);
    const idle = relocation.idle().then(() => done.push('idle'));
    await new Promise(setImmediate);
    expect(done).toEqual([]);
    confirm();
    await Promise.all([moving, idle]);
    expect(done).toEqual(['confirmed', 'acknowledged', 'idle']);
  });
});
