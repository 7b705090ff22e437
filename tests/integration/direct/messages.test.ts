import type { AmqpConnections, ConfirmPublisher, Topology } from '../../../amqp';
import { silentLogger } from '../../../runtime';
import { QueueWork } from '../../../server/messaging/queue-work';
import { DirectSession } from '../../support/direct-session';
import { keyOf } from '../../support/gateway-app';
import { until } from '../../support/until';
import { rabbitmqctl } from '../../support/vhost';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('messages', {
    GATEWAY_CELERY_QUEUES: 'tasks',
    GATEWAY_WAIT_MAX_SECONDS: '20',
    GATEWAY_MAX_WAITERS: '4',
  });
}, WAIT_MS);

afterAll(() => session.close());

const publish = (body: object) => session.post('messages/publish', body);

test('a message goes out with every safe property', async () => {
  const queue = await session.declare('all-properties');
  const { status, body } = await publish({
    queue_name: queue,
    message: { a: [1, 'ü', null] },
    headers: { text: 'x', whole: 200, big: 3_000_000_000, nested: { list: [true] } },
    priority: 7,
    expiration: 600_000,
    correlation_id: 'c1',
    reply_to: 'answers',
    message_id: 'm1',
    timestamp: 1_700_000_000,
    type: 'order.created',
    app_id: 'shop',
  });
  expect([status, body]).toEqual([200, { message_id: 'm1' }]);
  expect(await session.messages(queue)).toMatchObject([
    {
      payload: { encoding: 'json', value: { a: [1, 'ü', null] } },
      headers: { text: 'x', whole: 200, big: 3_000_000_000, nested: { list: [true] } },
      properties: {
        content_type: 'application/json',
        content_encoding: 'utf-8',
        priority: 7,
        expiration_ms: 600_000,
        correlation_id: 'c1',
        reply_to: 'answers',
        message_id: 'm1',
        timestamp: '2023-11-14T22:13:20.000Z',
        type: 'order.created',
        app_id: 'shop',
        persistent: true,
      },
    },
  ]);
});

test.each([
  ['text', 'plain ü', 'text/plain', { encoding: 'text', value: 'plain ü' }],
  ['base64', 'AAH/', 'application/octet-stream', { encoding: 'base64', value: 'AAH/' }],
  [
    'msgpack',
    { n: 1, list: ['a'] },
    'application/x-msgpack',
    { encoding: 'json', value: { n: 1, list: ['a'] } },
  ],
])('a body as %s arrives as it was meant', async (encoding, message, contentType, payload) => {
  const queue = await session.declare(`body-${encoding}`);
  expect((await publish({ queue_name: queue, message, encoding })).status).toBe(200);
  expect(await session.messages(queue)).toMatchObject([
    { payload, properties: { content_type: contentType } },
  ]);
});

test('an exchange alone is addressed by its routing key', async () => {
  const queue = await session.declare('by-topic');
  await session.topology.ensureExchange({ name: 'topics', type: 'topic' });
  await session.topology.bindQueue({ queue, exchange: 'topics', routingKey: 'a.*' });
  expect((await publish({ exchange: 'topics', routing_key: 'a.b', message: 1 })).status).toBe(200);
  expect(await session.messages(queue)).toMatchObject([{ exchange: 'topics', routing_key: 'a.b' }]);
  const lost = await publish({ exchange: 'topics', routing_key: 'b.a', message: 1 });
  expect(lost).toMatchObject({ status: 422, body: { code: 'UNROUTABLE' } });
});

test('a batch tells of each message what became of it', async () => {
  const queue = await session.declare('batch');
  const { body } = await session.post('messages/batch', {
    messages: [
      { queue_name: queue, message: 1, message_id: 'b1' },
      { queue_name: 'absent', message: 2 },
      { queue_name: 'celery@host.celery.pidbox', message: 3 },
      { queue_name: 'tasks', message: { no: 'task' } },
      { queue_name: queue, message: 5, headers: { CC: ['elsewhere'] } },
      { queue_name: queue, message: 6, message_id: 'b6' },
    ],
  });
  expect(body).toMatchObject({
    published: 2,
    failed: 4,
    items: [
      { message_id: 'b1' },
      { error: { code: 'UNROUTABLE', status: 422 } },
      { error: { code: 'NAME_NOT_ALLOWED', status: 403 } },
      { error: { code: 'MESSAGE_NOT_A_TASK', status: 422 } },
      {
        error: {
          code: 'MESSAGE_INVALID',
          status: 400,
          errors: [{ pointer: '/headers/CC', detail: 'is reserved for the broker' }],
        },
      },
      { message_id: 'b6' },
    ],
  });
  expect(await session.waiting(queue)).toBe(2);
});

test('a request is answered with its reply; without one it ends by its time', async () => {
  const queue = await session.declare('prices');
  const channel = await (await session.connect()).openChannel();
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const { sku } = JSON.parse(message.content.toString());
    const { replyTo, correlationId } = message.properties;
    if (sku !== 'silent')
      channel.sendToQueue(replyTo, Buffer.from(JSON.stringify({ sku, price: 3 })), {
        correlationId,
        contentType: 'application/json',
      });
    channel.ack(message);
  });
  const ask = (sku: string, seconds: number) =>
    session.post('messages/request', { queue_name: queue, message: { sku }, timeout_seconds: seconds });
  const answers = await Promise.all(['a', 'b', 'c'].map((sku) => ask(sku, 20)));
  expect(answers.map(({ body }) => (body.reply as { payload: { value: unknown } }).payload.value)).toEqual(
    ['a', 'b', 'c'].map((sku) => ({ sku, price: 3 })),
  );
  expect(await ask('silent', 0.2)).toMatchObject({ status: 504, body: { code: 'REPLY_TIMEOUT' } });
  const nobody = await session.post('messages/request', { queue_name: 'absent', message: 1 });
  expect(nobody).toMatchObject({ status: 422, body: { code: 'UNROUTABLE' } });
  const nowhere = await session.post('messages/request', { exchange: 'absent', message: 1 });
  expect(nowhere).toMatchObject({ status: 404, body: { code: 'EXCHANGE_NOT_FOUND' } });
  await channel.close();
});

test('no more requests wait for their reply at a time than are allowed', async () => {
  const queue_name = await session.declare('silence');
  const ask = () => session.post('messages/request', { queue_name, message: 1, timeout_seconds: 4 });
  const codes = (await Promise.all(Array.from({ length: 12 }, ask))).map(({ body }) => body.code);
  expect(new Set(codes)).toEqual(new Set(['REPLY_TIMEOUT', 'OPERATIONS_SATURATED']));
  expect(codes.filter((code) => code === 'REPLY_TIMEOUT').length).toBeGreaterThanOrEqual(4);
});

test('only an administrator forces what a worker could not read upon a Celery queue', async () => {
  await session.declare('tasks');
  const broken = { queue_name: 'tasks', message: { no: 'task' } };
  expect(await publish(broken)).toMatchObject({ status: 422, body: { code: 'MESSAGE_NOT_A_TASK' } });
  expect((await publish({ ...broken, force: true })).status).toBe(200);
  expect(await session.waiting('tasks')).toBe(1);
});

/** What a caller may put into a message and AMQP must not see: RELIABILITY.md, what user input can do. */
const ABUSES: readonly (readonly [string, object, number])[] = [
  ['a negative expiration', { expiration: -1 }, 400],
  ['an expiration in words', { expiration: 'soon' }, 400],
  ['a fractional expiration', { expiration: 1.5 }, 400],
  ['an expiration beyond the broker', { expiration: 4_294_967_296 }, 400],
  ['a delivery mode', { delivery_mode: 9 }, 400],
  ["somebody else's user id", { user_id: 'root' }, 400],
  ['CC as a text', { headers: { CC: 'secret' } }, 400],
  ['CC as a route', { headers: { CC: ['secret'] } }, 400],
  ['BCC', { headers: { BCC: ['secret'] } }, 400],
  ['a forged x-death', { headers: { 'x-death': [] } }, 400],
  ['direct reply-to', { reply_to: 'amq.rabbitmq.reply-to' }, 403],
  ['a reply to a mailbox', { reply_to: 'celery@host.celery.pidbox' }, 403],
  ['a priority beyond a byte', { priority: 256 }, 400],
  ['a negative priority', { priority: -1 }, 400],
  ['a timestamp in words', { timestamp: 'now' }, 400],
  ['a fractional timestamp', { timestamp: 1.5 }, 400],
  ['a long type', { type: 'x'.repeat(256) }, 400],
  ['a long type in bytes', { type: 'ü'.repeat(200) }, 400],
  ['a long header name', { headers: { ['h'.repeat(300)]: 1 } }, 400],
  ['a typed header', { headers: { a: { '!': 'int8', value: 900 } } }, 400],
  ['a table beyond 64 KiB', { headers: { a: 'x'.repeat(70_000) } }, 400],
  ['amq.*', { queue_name: 'amq.gen-x' }, 403],
  ['the event exchange', { exchange: 'celeryev' }, 403],
  ['a mailbox', { queue_name: 'celery@host.celery.pidbox' }, 403],
  ['a reply queue', { queue_name: 'abc.reply.celery.pidbox' }, 403],
  ["the gateway's stream", { queue_name: 'celery-gateway.results' }, 403],
  ['a name with a line break', { queue_name: 'a\r\nb' }, 403],
  ['a name in disguise', { queue_name: 'a\u202Eb' }, 403],
  ['a name of 300', { queue_name: 'q'.repeat(300) }, 400],
  ['an empty name', { queue_name: '' }, 400],
  ['a missing exchange', { exchange: 'absent' }, 404],
];

test('abuse of properties and protected names is refused, and every channel stays open', async () => {
  const queue = await session.declare('abused');
  const channelsOf = async (): Promise<string> => {
    const { vhost } = session;
    const lines = await rabbitmqctl('list_channels', 'pid', 'vhost', 'number');
    return lines
      .split('\n')
      .filter((line) => line.includes(vhost.name))
      .sort()
      .join('\n');
  };
  // The checks of exchanges are on a side channel, which a 404 may close: it is opened before and after.
  await publish({ queue_name: queue, message: 0 });
  const before = await channelsOf();
  const answers: [string, number][] = [];
  for (const [what, fields] of ABUSES)
    answers.push([what, (await publish({ queue_name: queue, message: 1, ...fields })).status]);
  expect(answers).toEqual(ABUSES.map(([what, , status]) => [what, status]));
  expect(await session.waiting(queue)).toBe(1);
  expect((await publish({ queue_name: queue, message: 2 })).status).toBe(200);
  const after = await channelsOf();
  const lost = before.split('\n').filter((line) => !after.includes(line));
  expect(lost.length).toBeLessThanOrEqual(1);
});

/** Reads server-sent events until the stream ends. */
async function eventsOf(response: Response): Promise<{ event: string; data: Record<string, unknown> }[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block.includes('event:'))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
    }));
}

test('an exchange is followed through a temporary queue, which goes with the reader', async () => {
  await session.topology.ensureExchange({ name: 'followed', type: 'topic' });
  const headers = { authorization: `Bearer ${keyOf('admin')}` };
  const url = `${session.gateway.url}/rabbitmq/messages/stream?exchange=followed&routing_key=a.%23&limit=2&seconds=30`;
  const response = await fetch(url, { headers });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  // Without a queue behind it a mandatory message would be refused: the stream is heard of by its binding.
  await until(
    async () =>
      (await publish({ exchange: 'followed', routing_key: 'a.1', message: { n: 1 } })).status === 200,
  );
  await publish({ exchange: 'followed', routing_key: 'b.1', message: 'unheard' });
  await publish({ exchange: 'followed', routing_key: 'a.2', message: { n: 2 } });
  const events = await eventsOf(response);
  expect(events.map(({ event }) => event)).toEqual(['following', 'message', 'message', 'end']);
  expect(events[1]?.data).toMatchObject({ routing_key: 'a.1', payload: { value: { n: 1 } } });
  await until(
    async () => (await publish({ exchange: 'followed', routing_key: 'a.3', message: 1 })).status === 422,
    { timeoutMs: WAIT_MS / 2, what: 'the temporary queue being gone' },
  );
  const absent = await fetch(`${session.gateway.url}/rabbitmq/messages/stream?exchange=absent`, { headers });
  expect(absent.status).toBe(404);
});

test('an exchange that goes while it is begun to be followed is said to be gone, and not waited for', async () => {
  const connection = await session.connect();
  const work = new QueueWork({
    connections: { consume: connection } as unknown as AmqpConnections,
    publisher: {} as ConfirmPublisher,
    // It was there when it was looked at.
    topology: { exchangeExists: async () => true } as unknown as Topology,
    logger: silentLogger(),
  });
  await expect(work.follow('gone', '#', () => undefined)).rejects.toMatchObject({
    code: 'EXCHANGE_NOT_FOUND',
  });
});
