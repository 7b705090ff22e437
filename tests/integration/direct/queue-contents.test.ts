import type { ConfirmPublisher, HeaderTable, MessageProperties, Topology } from '../../../amqp';
import { ConfirmPublisher as Publisher } from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';

const WAIT_MS = 30_000;
const EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };

let session: AmqpSession;
let gateway: RunningGateway;
let publisher: ConfirmPublisher;
let topology: Topology;

beforeAll(async () => {
  session = await AmqpSession.open('contents');
  gateway = await startGateway({ CELERY_BROKER_URL: session.vhost.url });
  publisher = await session.use(
    new Publisher({ connection: await session.connect(), logger: session.logger }),
  );
  topology = await session.topology();
  await until(async () => publisher.ready && (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: WAIT_MS,
  });
}, WAIT_MS);

afterAll(async () => {
  await gateway.stop();
  await session.close();
});

async function declare(name: string, args: Record<string, unknown> = {}): Promise<string> {
  await topology.ensureQueue({ name, arguments: args });
  return name;
}

function send(
  queue: string,
  body: unknown,
  properties: MessageProperties = {},
  headers: HeaderTable = {},
): Promise<void> {
  return publisher.publish({
    exchange: '',
    routingKey: queue,
    content: Buffer.from(JSON.stringify(body)),
    properties: { contentType: 'application/json', deliveryMode: 2, ...properties, headers },
  });
}

const sendTask = (queue: string, id: string, task = 'reports.make', args: unknown[] = [1]): Promise<void> =>
  send(queue, [args, {}, EMBED], { correlationId: id }, { task, id, retries: 0, lang: 'py' });

async function fill(queue: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await sendTask(queue, `${queue}-${index}`);
}

const waiting = async (queue: string): Promise<number> =>
  (await topology.queueStatus(queue))?.messageCount ?? -1;

type Body = Readonly<Record<string, unknown>>;
const ids = (body: Body): string[] =>
  (body.items as { properties: { correlation_id: string } }[]).map((item) => item.properties.correlation_id);

/** The ids of all that waits, in their order. */
const inOrder = async (queue: string): Promise<string[]> =>
  ids((await gateway.call('GET', `/rabbitmq/queues/${queue}/messages?limit=100`)).body);

describe.each(['classic', 'quorum'])('a %s queue', (type) => {
  const name = (suffix: string): string => `${type}.${suffix}`;

  test('peeking shows tasks decoded and leaves order and number as they were', async () => {
    const queue = await declare(name('peek'), { 'x-queue-type': type });
    await sendTask(queue, 't1', 'reports.make', [1, { deep: ['x'] }]);
    await send(queue, 'plain', { messageId: 'm2', priority: 1, type: 'note' }, { note: 7 });
    await sendTask(queue, 't3');
    const peek = await gateway.call('GET', `/rabbitmq/queues/${queue}/messages?limit=2`);
    expect(peek.status).toBe(200);
    expect(peek.body).toMatchObject({
      queue_type: type,
      waiting: 3,
      items: [
        { task: { task_id: 't1', task_name: 'reports.make', args: [1, { deep: ['x'] }] }, malformed: null },
        { task: null, properties: { message_id: 'm2', type: 'note' }, headers: { note: 7 } },
      ],
    });
    expect(String(peek.body.notes)).toContain('redelivered');
    if (type === 'quorum') expect(String(peek.body.notes)).toContain('quorum');
    expect(await inOrder(queue)).toEqual(['t1', null, 't3']);
    expect(await waiting(queue)).toBe(3);
  });

  test('one message is found by its task id, removed, and then not found', async () => {
    const queue = await declare(name('find'), { 'x-queue-type': type });
    await fill(queue, 120);
    const path = `/rabbitmq/queues/${queue}/messages/${queue}-111`;
    const found = await gateway.call('GET', path);
    expect(found.body).toMatchObject({ task: { task_id: `${queue}-111` } });
    expect(await waiting(queue)).toBe(120);
    expect((await gateway.call('DELETE', path)).body).toEqual({ removed: 1 });
    expect(await waiting(queue)).toBe(119);
    expect(await gateway.call('GET', path)).toMatchObject({
      status: 404,
      body: { code: 'MESSAGE_NOT_FOUND' },
    });
    expect((await inOrder(queue)).slice(0, 3)).toEqual([0, 1, 2].map((index) => `${queue}-${index}`));
  });

  test('moving takes the first N in their order, with all that belongs to a message', async () => {
    const [queue, target] = [
      await declare(name('move'), { 'x-queue-type': type }),
      await declare(name('moved')),
    ];
    await send(
      queue,
      { a: 1 },
      { messageId: 'm0', correlationId: 'c0', priority: 3, appId: 'me', type: 'x' },
      {
        text: 'ä',
        number: 3_000_000_000,
        nested: { list: [1, 'two', null] },
      },
    );
    await fill(queue, 5);
    const moved = await gateway.call('POST', `/rabbitmq/queues/${queue}/move`, {
      to: { queue_name: target },
      limit: 3,
    });
    expect(moved.body).toMatchObject({ state: 'SUCCEEDED', progress: { done: 3, failed: 0, in_doubt: 0 } });
    expect([await waiting(queue), await waiting(target)]).toEqual([3, 3]);
    const { body } = await gateway.call('GET', `/rabbitmq/queues/${target}/messages`);
    expect(body.items).toMatchObject([
      {
        properties: { message_id: 'm0', correlation_id: 'c0', priority: 3, app_id: 'me', type: 'x' },
        headers: { text: 'ä', number: 3_000_000_000, nested: { list: [1, 'two', null] } },
        payload: { encoding: 'json', value: { a: 1 } },
      },
      { task: { task_id: `${queue}-0` } },
      { task: { task_id: `${queue}-1` } },
    ]);
  });

  test('a filter purges what it chooses; a dry run only counts', async () => {
    const queue = await declare(name('purge'), { 'x-queue-type': type });
    const now = Math.floor(Date.now() / 1000);
    await send(queue, 'old', { timestamp: now - 3600, messageId: 'old' });
    await send(queue, 'new', { timestamp: now, messageId: 'new' });
    await fill(queue, 60);
    await sendTask(queue, 'other', 'mail.send');
    const purge = (body: object) => gateway.call('POST', `/rabbitmq/queues/${queue}/purge`, body);
    expect((await purge({ filter: { task: 'mail.*' }, dry_run: true })).body).toMatchObject({
      dry_run: true,
      progress: { scanned: 63, matched: 1, done: 0, total: 63 },
    });
    expect(await waiting(queue)).toBe(63);
    expect((await purge({ filter: { task: 'mail.*' } })).body).toMatchObject({ progress: { done: 1 } });
    expect((await purge({ filter: { older_than_seconds: 60 } })).body).toMatchObject({
      progress: { done: 1 },
    });
    expect((await purge({ limit: 11 })).body).toMatchObject({ progress: { done: 11 } });
    expect(await waiting(queue)).toBe(50);
    expect((await purge({})).body).toMatchObject({ progress: { done: 50 } });
    expect(await waiting(queue)).toBe(0);
  });
});
