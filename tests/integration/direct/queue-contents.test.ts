import { deflateSync } from 'node:zlib';
import { DirectSession } from '../../support/direct-session';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('contents');
}, WAIT_MS);

afterAll(() => session.close());

/** The ids of all that waits, in their order. */
async function inOrder(queue: string): Promise<unknown[]> {
  const messages = await session.messages(queue);
  return messages.map((message) => (message.properties as { correlation_id: unknown }).correlation_id);
}

describe.each(['classic', 'quorum'])('a %s queue', (type) => {
  const name = (suffix: string): string => `${type}.${suffix}`;

  test('peeking shows tasks decoded and leaves order and number as they were', async () => {
    const queue = await session.declare(name('peek'), { 'x-queue-type': type });
    await session.sendTask(queue, 't1', 'reports.make', [1, { deep: ['x'] }]);
    await session.send(queue, 'plain', { messageId: 'm2', priority: 1, type: 'note' }, { note: 7 });
    await session.sendTask(queue, 't3');
    const peek = await session.get(`queues/${queue}/messages?limit=2`);
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
    expect(await session.waiting(queue)).toBe(3);
  });

  test('many who look at once wait for each other, and all see the same', async () => {
    const queue = await session.declare(name('crowd'), { 'x-queue-type': type });
    await session.fill(queue, 3);
    const expected = [0, 1, 2].map((index) => `${queue}-${index}`);
    const looks = await Promise.all(Array.from({ length: 5 }, () => inOrder(queue)));
    expect(looks).toEqual(Array(5).fill(expected));
    expect(await session.waiting(queue)).toBe(3);
  });

  test('one message is found by its task id, removed, and then not found', async () => {
    const queue = await session.declare(name('find'), { 'x-queue-type': type });
    await session.fill(queue, 120);
    const path = `/rabbitmq/queues/${queue}/messages/${queue}-111`;
    const found = await session.gateway.call('GET', path);
    expect(found.body).toMatchObject({ task: { task_id: `${queue}-111` } });
    expect(await session.waiting(queue)).toBe(120);
    expect((await session.gateway.call('DELETE', path)).body).toEqual({ removed: 1 });
    expect(await session.waiting(queue)).toBe(119);
    expect(await session.gateway.call('GET', path)).toMatchObject({
      status: 404,
      body: { code: 'MESSAGE_NOT_FOUND' },
    });
    const left = await inOrder(queue);
    expect(new Set(left).size).toBe(100);
    // A quorum queue takes back what two consumers held in any order of the two.
    if (type === 'classic') expect(left.slice(0, 3)).toEqual([0, 1, 2].map((index) => `${queue}-${index}`));
  });

  test('moving takes the first N in their order, with all that belongs to a message', async () => {
    const [queue, target] = [
      await session.declare(name('move'), { 'x-queue-type': type }),
      await session.declare(name('moved')),
    ];
    await session.send(
      queue,
      { a: 1 },
      { messageId: 'm0', correlationId: 'c0', priority: 3, appId: 'me', type: 'x' },
      {
        text: 'ä',
        number: 3_000_000_000,
        nested: { list: [1, 'two', null] },
      },
    );
    await session.fill(queue, 5);
    const moved = await session.post(`queues/${queue}/move`, {
      to: { queue_name: target },
      limit: 3,
    });
    expect(moved.body).toMatchObject({ state: 'SUCCEEDED', progress: { done: 3, failed: 0, in_doubt: 0 } });
    expect([await session.waiting(queue), await session.waiting(target)]).toEqual([3, 3]);
    const { body } = await session.get(`queues/${target}/messages`);
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
    const queue = await session.declare(name('purge'), { 'x-queue-type': type });
    const now = Math.floor(Date.now() / 1000);
    await session.send(queue, 'old', { timestamp: now - 3600, messageId: 'old' });
    await session.send(queue, 'new', { timestamp: now, messageId: 'new' });
    await session.fill(queue, 60);
    await session.sendTask(queue, 'other', 'mail.send');
    const purge = (body: object) => session.post(`queues/${queue}/purge`, body);
    expect((await purge({ filter: { task: 'mail.*' }, dry_run: true })).body).toMatchObject({
      dry_run: true,
      progress: { scanned: 63, matched: 1, done: 0, total: 63 },
    });
    expect(await session.waiting(queue)).toBe(63);
    expect((await purge({ filter: { task: 'mail.*' } })).body).toMatchObject({ progress: { done: 1 } });
    expect((await purge({ filter: { older_than_seconds: 60 } })).body).toMatchObject({
      progress: { done: 1 },
    });
    expect((await purge({ limit: 11 })).body).toMatchObject({ progress: { done: 11 } });
    expect(await session.waiting(queue)).toBe(50);
    expect((await purge({})).body).toMatchObject({ progress: { done: 50 } });
    expect(await session.waiting(queue)).toBe(0);
  });
});

test('compressed bodies are shown as what is in them, unless that is too much', async () => {
  const queue = await session.declare('compressed');
  const send = (value: unknown) =>
    session.publisher.publish({
      exchange: '',
      routingKey: queue,
      content: deflateSync(JSON.stringify(value)),
      properties: { contentType: 'application/json', headers: { compression: 'application/x-gzip' } },
      trustedHeaders: true,
    });
  await send({ plain: 1 });
  await send('x'.repeat(100_000));
  const { body } = await session.get(`queues/${queue}/messages?payload_bytes=1000`);
  expect(body.items).toMatchObject([
    { payload: { encoding: 'json', value: { plain: 1 }, truncated: false } },
    { payload: { encoding: 'base64', truncated: false } },
  ]);
});
