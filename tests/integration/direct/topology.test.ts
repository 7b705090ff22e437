import { DirectSession } from '../../support/direct-session';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('direct-topology');
}, WAIT_MS);

afterAll(() => session.close());

const remove = (path: string) => session.gateway.call('DELETE', `/rabbitmq/${path}`);

test('a queue gets its settings as named options in one call, and tells them without the management API', async () => {
  const declared = await session.post('queues/declare', {
    queue_name: 'named',
    max_priority: 5,
    message_ttl_ms: 60_000,
    max_length: 100,
    overflow: 'reject-publish',
    dead_letter: { exchange: 'dead-letters', routing_key: 'named' },
  });
  expect(declared.status).toBe(200);
  expect((await session.get('queues/named/info')).body).toMatchObject({
    source: 'amqp',
    type: 'classic',
    arguments: {
      'x-max-priority': 5,
      'x-message-ttl': 60_000,
      'x-max-length': 100,
      'x-overflow': 'reject-publish',
      'x-dead-letter-exchange': 'dead-letters',
      'x-dead-letter-routing-key': 'named',
    },
    rates: null,
    policy: null,
  });
});

test.each([
  ['quorum', { type: 'quorum', delivery_limit: 5 }],
  ['stream', { type: 'stream', max_age: '1D', max_length_bytes: 1_000_000 }],
])('a %s queue is declared, and told as such', async (type, options) => {
  expect((await session.post('queues/declare', { queue_name: `a-${type}`, ...options })).status).toBe(200);
  expect((await session.get(`queues/a-${type}/info`)).body).toMatchObject({ type });
});

test.each([
  [{ type: 'quorum', durable: false }],
  [{ type: 'quorum', max_priority: 3 }],
  [{ delivery_limit: 3 }],
  [{ type: 'stream', message_ttl_ms: 5 }],
  [{ type: 'quorum', dead_letter: { exchange: 'x', strategy: 'at-least-once' } }],
])('options that do not go together are refused: %j', async (options) => {
  const answer = await session.post('queues/declare', { queue_name: 'never', ...options });
  expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  expect(await session.waiting('never')).toBe(-1);
});

test('messages cannot be taken from a stream, and asking costs nobody a connection', async () => {
  await session.post('queues/declare', { queue_name: 'log', type: 'stream' });
  for (const answer of [
    await session.get('queues/log/messages'),
    await session.post('queues/log/purge', {}),
    await session.post('queues/log/messages/take', { count: 1 }),
    await remove('queues/log/purge'),
  ])
    expect(answer).toMatchObject({ status: 422, body: { code: 'QUEUE_TYPE_UNSUPPORTED' } });
  expect((await session.get('queues/log/info')).status).toBe(200);
});

test('a queue is deleted only as its conditions allow', async () => {
  const queue = await session.declare('kept');
  await session.send(queue, 1);
  expect(await remove('queues/kept?if_empty=true')).toMatchObject({ status: 409 });
  const channel = await (await session.connect()).openChannel();
  await channel.consume(queue, () => undefined);
  expect(await remove('queues/kept?if_unused=true')).toMatchObject({ status: 409 });
  await channel.close();
  await session.awaits(queue, 1);
  expect((await remove('queues/kept')).body).toEqual({ deleted: true, message_count: 1 });
  expect((await remove('queues/kept')).body).toEqual({ deleted: false, message_count: 0 });
  expect(await remove('queues/celery-gateway.results')).toMatchObject({ status: 403 });
});

test('exchanges and bindings come and go', async () => {
  const declare = (body: object) => session.post('exchanges/declare', body);
  expect((await declare({ exchange: 'tickets', type: 'topic' })).status).toBe(200);
  expect((await declare({ exchange: 'tickets', type: 'fanout' })).status).toBe(409);
  expect((await declare({ exchange: 'audit', type: 'fanout' })).status).toBe(200);
  expect((await declare({ exchange: 'amq.mine' })).status).toBe(403);
  expect((await session.get('exchanges/tickets')).body).toMatchObject({ source: 'amqp', type: 'topic' });
  expect((await session.get('exchanges/absent')).status).toBe(404);
  const queue = await session.declare('urgent');
  const binding = { source: 'tickets', destination: queue, routing_key: '*.urgent' };
  expect((await session.post('bindings/bind', binding)).body).toMatchObject(binding);
  const onward = { source: 'tickets', destination: 'audit', destination_type: 'exchange', routing_key: '#' };
  expect((await session.post('bindings/bind', onward)).status).toBe(200);
  const publish = () =>
    session.post('messages/publish', { exchange: 'tickets', routing_key: 'a.urgent', message: 1 });
  expect((await publish()).status).toBe(200);
  expect(await session.waiting(queue)).toBe(1);
  expect(await remove('exchanges/tickets?if_unused=true')).toMatchObject({ status: 409 });
  expect((await session.post('bindings/unbind', binding)).status).toBe(200);
  expect((await publish()).status).toBe(422);
  expect((await session.post('bindings/bind', { ...binding, source: 'absent' })).status).toBe(404);
  expect((await session.post('bindings/bind', { ...binding, destination: 'absent' })).status).toBe(404);
  expect((await remove('exchanges/tickets')).body).toEqual({ deleted: true });
  expect((await remove('exchanges/tickets')).body).toEqual({ deleted: false });
});

test('what AMQP cannot tell is marked or answered 501', async () => {
  await session.post('tasks/submit', { task_name: 'a.b' });
  const list = await session.get('queues');
  expect(list.body).toMatchObject({ source: 'amqp', complete: false });
  expect(list.body.items).toMatchObject([{ queue_name: 'celery', message_count: 1 }]);
  expect((await session.get('exchanges')).body).toMatchObject({ source: 'amqp', complete: false });
  for (const path of ['bindings', 'policies'])
    expect(await session.get(path)).toMatchObject({
      status: 501,
      body: { code: 'MANAGEMENT_NOT_CONFIGURED' },
    });
});

test('a partitioned queue keeps each key in one part, and spreads the keys over all', async () => {
  const declared = await session.post('queues/partitioned', { queue_name: 'orders', partitions: 4 });
  const parts = ['orders.0', 'orders.1', 'orders.2', 'orders.3'];
  expect(declared.body).toMatchObject({ exchange: 'orders', queues: parts });
  const messages = Array.from({ length: 80 }, (_, n) => ({
    queue_name: 'orders',
    partition_key: `customer-${n % 20}`,
    message: { customer: n % 20, n },
  }));
  expect((await session.post('messages/batch', { messages })).body).toMatchObject({ published: 80 });
  const partOf = new Map<number, string>();
  let total = 0;
  for (const part of parts) {
    const found = await session.messages(part);
    expect(found.length).toBeGreaterThan(0);
    total += found.length;
    let last = -1;
    for (const message of found) {
      const { customer, n } = (message.payload as { value: { customer: number; n: number } }).value;
      expect(partOf.get(customer) ?? part).toBe(part);
      partOf.set(customer, part);
      expect(n).toBeGreaterThan(last);
      last = n;
    }
  }
  expect(total).toBe(80);
  const absent = { queue_name: 'unparted', partition_key: 'k', message: 1 };
  expect((await session.post('messages/publish', absent)).status).toBe(404);
});
