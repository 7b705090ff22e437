import { encode } from '@msgpack/msgpack';
import Joi from 'joi';
import { billed, billing } from '../../../docs/guide/examples/subscribers';
import {
  createWorker,
  defineSubscriber,
  type SubscriberContext,
  type SubscriberDefinition,
} from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { DirectSession } from '../../support/direct-session';
import { until } from '../../support/until';
import { rabbitmqctl } from '../../support/vhost';

const WAIT_MS = 60_000;
const PATIENCE = { timeoutMs: 30_000 };

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('subscribers');
}, WAIT_MS);

afterAll(() => session.close());

const worker = async (cleanup: Cleanup, ...subscribers: readonly SubscriberDefinition[]) => {
  const made = createWorker({
    broker: session.vhost.url,
    subscribers,
    queues: [],
    mingle: false,
    gossip: false,
  });
  cleanup.does(() => made.stop());
  await made.start();
  return made;
};

const publish = (exchange: string, routingKey: string, content: Buffer, contentType?: string, headers = {}) =>
  session.publisher.publish({
    exchange,
    routingKey,
    content,
    properties: { contentType, messageId: 'm-1', deliveryMode: 2, headers },
  });

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('a subscriber', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  test('of the guide bills orders, retries one in the broker, and gives up on two to dead letters the gateway replays', async () => {
    billed.clear();
    await worker(cleanup, billing);
    const reached: string[] = [];
    await worker(
      cleanup,
      defineSubscriber({ exchange: 'bills', queue: 'archive' }, ({ message }, bill) => {
        reached.push(`${message.routingKey} ${(bill as { id: string }).id}`);
      }),
    );

    await publish('orders', 'order.created', json({ id: 'o-1', total: 7 }), 'application/json');
    await publish('orders', 'order.changed', json({ id: 'o-2', total: 0 }), 'application/json');
    await publish('orders', 'order.changed', json({ id: 'o-3', total: -1 }), 'application/json');

    await until(() => reached.includes('bill.made o-1'), { ...PATIENCE, what: 'the bill' });
    await session.awaits('billing.dead', 2);
    expect(billed).toEqual(new Map([['o-1', 7]]));
    const { body } = await session.get('dead-letters/billing.dead');
    const letters = (body.items as { dead_letter: Record<string, unknown> }[]).map(
      (item) => item.dead_letter,
    );
    expect(letters).toHaveLength(2);
    expect(letters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reason: 'rejected', detail: 'a bill needs a total', exchange: 'orders' }),
        expect.objectContaining({
          reason: 'handler_failed',
          detail: expect.stringContaining('the price list does not answer'),
          queue_name: 'billing',
          routing_keys: ['order.changed'],
        }),
      ]),
    );
    const replayed = await session.post('dead-letters/billing.dead/replay', {
      filter: { reason: 'rejected' },
    });
    expect(replayed.body).toMatchObject({ progress: { done: 1 } });
    // It is refused as before, from the beginning of its road.
    await session.awaits('billing.dead', 2);
    await session.awaits('billing', 0);
  });

  test('sees bodies by their content type, with the road of a retry hidden, and the attempt counted', async () => {
    const seen: [unknown, string, number, string][] = [];
    const subscriber = defineSubscriber(
      { exchange: 'things', routingKey: 'thing.#', queue: 'things', retryDelaysSeconds: [0.1, 0.3] },
      ({ message }, payload) => {
        seen.push([payload, message.routingKey, message.attempt, message.exchange]);
        if (payload === 'again' && message.attempt < 3) throw new Error('not yet');
      },
    );
    await worker(cleanup, subscriber);

    const bytes = Buffer.from([0, 255, 1]);
    await publish('things', 'thing.json', json({ a: [1] }), 'application/json; charset=utf-8');
    await publish('things', 'thing.text', Buffer.from('héllo'), 'text/plain');
    await publish('things', 'thing.msgpack', Buffer.from(encode({ b: true })), 'application/x-msgpack');
    await publish('things', 'thing.binary', bytes, 'application/octet-stream');
    await publish('things', 'thing.untyped', bytes);
    await publish('things', 'thing.again', Buffer.from('again'), 'text/plain');
    await publish('things', 'thing.bad', Buffer.from('{'), 'application/json');

    await until(() => seen.length === 8, { ...PATIENCE, what: 'all runs' });
    expect(seen.map(([payload, key, attempt]) => [payload, key, attempt])).toEqual([
      [{ a: [1] }, 'thing.json', 1],
      ['héllo', 'thing.text', 1],
      [{ b: true }, 'thing.msgpack', 1],
      [bytes, 'thing.binary', 1],
      [bytes, 'thing.untyped', 1],
      ['again', 'thing.again', 1],
      ['again', 'thing.again', 2],
      ['again', 'thing.again', 3],
    ]);
    expect(new Set(seen.map(([, , , exchange]) => exchange))).toEqual(new Set(['things']));
    await session.awaits('things.dead', 1);
    expect((await session.messages('things.dead'))[0]).toMatchObject({
      dead_letter: { reason: 'decode_failed', queue_name: 'things' },
    });
  });

  test('uses an exchange and a queue that exist as they are, and its schema refuses what it cannot use', async () => {
    await session.topology.declareExchange({ name: 'plain', type: 'fanout', durable: false });
    await session.declare('existing', { 'x-max-priority': 5 });
    const numbers: number[] = [];
    const schema = Joi.object<{ n: number }>({ n: Joi.number().required() });
    const strict = defineSubscriber({ exchange: 'plain', queue: 'existing', schema }, (_context, { n }) => {
      numbers.push(n);
    });
    await worker(cleanup, strict);

    await publish('plain', '', json({ n: '41' }), 'application/json');
    await publish('plain', '', json({ m: 1 }), 'application/json');

    await session.awaits('existing.dead', 1);
    expect(numbers).toEqual([41]);
    expect((await session.messages('existing.dead'))[0]).toMatchObject({
      dead_letter: { reason: 'rejected', detail: '"n" is required' },
    });
  });

  test('runs as many handlers as it may, and on a stop finishes what runs and hands back the rest', async () => {
    let running = 0;
    let most = 0;
    let finished = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = defineSubscriber({ queue: 'slow', concurrency: 2, prefetch: 5 }, async () => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      finished += 1;
    });
    const made = await worker(cleanup, slow);
    for (let index = 0; index < 8; index += 1) await publish('', 'slow', json(index), 'application/json');
    await until(() => running === 2, { ...PATIENCE, what: 'two that run' });
    await session.awaits('slow', 3);

    const stopping = made.stop();
    await session.awaits('slow', 6);
    release();
    await stopping;

    expect({ most, finished }).toEqual({ most: 2, finished: 2 });
    await session.awaits('slow', 6);
  });

  test('a cold stop tells what runs, whose message is in the queue again', async () => {
    let context: SubscriberContext | undefined;
    const endless = defineSubscriber({ queue: 'endless' }, async (given) => {
      context = given;
      await new Promise((_resolve, reject) => {
        given.signal.addEventListener('abort', () => reject(given.signal.reason));
      });
    });
    const made = await worker(cleanup, endless);
    await publish('', 'endless', json(1), 'application/json');
    await until(() => context, { ...PATIENCE, what: 'a run' });

    const stopping = made.stop();
    await made.kill();
    await stopping;

    expect(context?.signal.aborted).toBe(true);
    await session.awaits('endless', 1);
    expect(await session.waiting('endless.dead')).toBe(0);
  });

  test('tells what runs when the connection is lost, consumes again, and gets the message once more', async () => {
    const runs: SubscriberContext[] = [];
    const interrupted = defineSubscriber({ queue: 'interrupted' }, async (context) => {
      runs.push(context);
      if (runs.length > 1) return;
      await new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });
    });
    await worker(cleanup, interrupted);
    await publish('', 'interrupted', json(1), 'application/json');
    await until(() => runs.length === 1, { ...PATIENCE, what: 'the first run' });

    await rabbitmqctl('close_all_connections', '--vhost', session.vhost.name, 'a test');

    await until(() => runs.length === 2, { ...PATIENCE, what: 'the second run' });
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(runs[1]?.message).toMatchObject({ redelivered: true, attempt: 1 });
    await until(async () => (await session.waiting('interrupted')) === 0, PATIENCE);
    expect(await session.waiting('interrupted.dead')).toBe(0);
  });

  test('consumes again after its queue was deleted, and moves messages although the places were deleted too', async () => {
    const seen: string[] = [];
    const tough = defineSubscriber(
      { exchange: 'tough', queue: 'tough', retryDelaysSeconds: [0.1] },
      (_context, payload) => {
        seen.push(String(payload));
        throw new Error('no');
      },
    );
    await worker(cleanup, tough);
    await session.topology.deleteQueue('tough');
    await session.topology.deleteQueue('tough.retry.100');
    await session.topology.deleteQueue('tough.dead');
    await until(() => publish('tough', 'any', Buffer.from('x'), 'text/plain').then(() => true), PATIENCE);

    await session.awaits('tough.dead', 1);
    expect(seen).toEqual(['x', 'x']);
  });
});

test.each([
  ['no queue', { queue: '' }, /needs a queue/],
  ['the default exchange', { queue: 'q', exchange: '' }, /default exchange/],
  ['no concurrency', { queue: 'q', concurrency: 0 }, /concurrency/],
  ['a retry without a wait', { queue: 'q', retryDelaysSeconds: [0] }, /retryDelaysSeconds/],
])('defineSubscriber refuses %s', (_what, settings, message) => {
  expect(() => defineSubscriber(settings, () => undefined)).toThrow(message);
});
