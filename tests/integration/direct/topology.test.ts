import { DirectSession } from '../../support/direct-session';
import { rabbitmqctl } from '../../support/vhost';

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

test('a quorum queue is deleted only as its conditions allow, though the broker does not look at them', async () => {
  await session.post('queues/declare', { queue_name: 'kept-quorum', type: 'quorum' });
  await session.send('kept-quorum', 1);
  await session.awaits('kept-quorum', 1);
  expect(await remove('queues/kept-quorum?if_empty=true')).toMatchObject({
    status: 409,
    body: { code: 'PRECONDITION_FAILED', detail: 'The queue kept-quorum is not empty.' },
  });
  const channel = await (await session.connect()).openChannel();
  await channel.prefetch(1, false);
  await channel.consume('kept-quorum', () => undefined);
  expect(await remove('queues/kept-quorum?if_unused=true')).toMatchObject({
    status: 409,
    body: { detail: 'The queue kept-quorum has consumers.' },
  });
  await channel.close();
  await session.awaits('kept-quorum', 1);
  expect((await remove('queues/kept-quorum/purge')).body).toEqual({ purged: 1 });
  expect((await remove('queues/kept-quorum?if_empty=true&if_unused=true')).body).toMatchObject({
    deleted: true,
  });
  await session.post('queues/declare', { queue_name: 'kept-stream', type: 'stream' });
  for (const condition of ['if_empty', 'if_unused'])
    expect(await remove(`queues/kept-stream?${condition}=true`)).toMatchObject({
      status: 422,
      body: {
        code: 'QUEUE_TYPE_UNSUPPORTED',
        detail: expect.stringContaining('does not check if_empty and if_unused') as string,
      },
    });
  expect((await session.get('queues/kept-stream/info')).body).toMatchObject({
    consumer_count: null,
    consumers: null,
  });
  expect((await remove('queues/kept-stream')).body).toMatchObject({ deleted: true });
});

/** Names and numbers of all connections: another number is another connection. */
const connections = async (): Promise<string[]> =>
  (await rabbitmqctl('list_connections', 'pid', 'vhost', 'client_properties'))
    .split('\n')
    .filter((line) => line.includes(session.vhost.name) && !line.includes('declarations'))
    .map((line) => line.split('\t')[0] ?? '')
    .sort((a, b) => (a < b ? -1 : 1));

test('what the broker ends a connection for is 422, and no other connection ends', async () => {
  const before = await connections();
  expect(before.length).toBeGreaterThan(3);
  const answer = await session.post('exchanges/declare', { exchange: 'mistyped', type: 'tpoic' });
  expect(answer).toMatchObject({ status: 422, body: { code: 'COMMAND_INVALID' } });
  expect(answer.body.detail).toMatch(/unknown exchange type 'tpoic'/);
  // The next one waits for its connection.
  expect((await session.post('exchanges/declare', { exchange: 'typed', type: 'topic' })).status).toBe(200);
  expect(await connections()).toEqual(before);
});

test.each([
  [{ 'x-max-priority': 'five' }, '/arguments/x-max-priority', /expected integer/],
  [{ 'x-queue-type': 'weird' }, '/arguments/x-queue-type', /unsupported queue type/],
  [{ 'x-max-length': -1 }, '/arguments/x-max-length', /value_negative/],
  [{ 'x-queue-master-locator': 'nowhere' }, '/arguments/x-queue-master-locator', /strategies/],
  [{ 'x-queue-leader-locator': 7 }, '/arguments/x-queue-leader-locator', /strategies/],
])('arguments RabbitMQ does not take are the mistake of the request: %j', async (args, pointer, detail) => {
  const answer = await session.post('queues/declare', { queue_name: 'misargued', arguments: args });
  expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID', errors: [{ pointer }] } });
  expect(JSON.stringify(answer.body.errors)).toMatch(detail);
});

test('what differs, or is in the way, is said in plain words', async () => {
  await session.post('queues/declare', { queue_name: 'plain', max_length: 3 });
  const detail = async (answer: Promise<{ readonly body: Record<string, unknown> }>) =>
    (await answer).body.detail;
  expect(await detail(session.post('queues/declare', { queue_name: 'plain', max_length: 4 }))).toBe(
    'The queue plain exists with other settings: x-max-length is 3, asked for was 4.',
  );
  await session.post('exchanges/declare', { exchange: 'plain', type: 'topic' });
  expect(await detail(session.post('exchanges/declare', { exchange: 'plain', type: 'direct' }))).toBe(
    'The exchange plain exists with other settings: type is topic, asked for was direct.',
  );
  await session.post('bindings/bind', { source: 'plain', destination: 'plain', routing_key: '#' });
  expect(await detail(remove('exchanges/plain?if_unused=true'))).toBe('The exchange plain has bindings.');
  await session.send('plain', 1);
  expect(await detail(remove('queues/plain?if_empty=true'))).toBe('The queue plain is not empty.');
});

test('what was declared here is listed without the management API', async () => {
  await session.post('dead-letters/setup', { queue_name: 'begun.here', retry_delays_seconds: [1] });
  const setUp = await session.get('queues?name=begun.here');
  expect((setUp.body.items as { queue_name: string }[]).map(({ queue_name }) => queue_name)).toEqual([
    'begun.here',
    'begun.here.dead',
    'begun.here.retry-wait.1',
  ]);
  await session.post('queues/declare', { queue_name: 'listed.a' });
  await session.post('queues/declare', { queue_name: 'listed.b' });
  await session.post('exchanges/declare', { exchange: 'listed', type: 'fanout' });
  await remove('queues/listed.b');
  expect((await session.get('queues?name=listed.')).body).toMatchObject({
    complete: false,
    total: 1,
    items: [{ queue_name: 'listed.a' }],
  });
  expect((await session.get('exchanges?name=listed')).body).toMatchObject({
    complete: false,
    total: 1,
    items: [{ exchange: 'listed', type: 'fanout' }],
  });
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
  expect(list.body.items).toContainEqual(expect.objectContaining({ queue_name: 'celery', message_count: 1 }));
  expect((await session.get('exchanges')).body).toMatchObject({ source: 'amqp', complete: false });
  for (const path of ['bindings', 'policies', 'connections'])
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
