import { partitionOf } from '../../../server/queues';
import { DirectSession } from '../../support/direct-session';
import { keyOf } from '../../support/gateway-app';
import { until } from '../../support/until';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('operations', {
    CELERY_TASK_PARTITIONS: 'orders.*=orders:4:customer',
    OPERATIONS_MAX_RUNNING: '2',
    RATE_LIMIT_READS: '100000',
    RATE_LIMIT_ADMIN: '100000',
  });
}, WAIT_MS);

afterAll(() => session.close());

/** A move that takes long enough to be watched. */
const slowMove = (from: string, to: string) =>
  session.post(`queues/${from}/move?wait=0`, { to: { queue_name: to }, rate: 20 });

test('an operation that goes on is answered 202, tells its progress, and is cancelled without a loss', async () => {
  const [from, to] = [await session.declare('slow.from'), await session.declare('slow.to')];
  await session.fill(from, 100);
  const begun = await slowMove(from, to);
  expect(begun).toMatchObject({ status: 202, body: { kind: 'move', state: 'RUNNING', queue_name: from } });
  const path = String(begun.headers.get('location'));
  expect(path).toBe(`/rabbitmq/operations/${String(begun.body.operation_id)}`);
  const second = await slowMove(from, to);
  expect(second).toMatchObject({ status: 409, body: { code: 'OPERATION_CONFLICT' } });
  // What looks for single messages goes through the queue as well.
  for (const [method, busy] of [
    ['GET', `queues/${from}/messages/x`],
    ['DELETE', `queues/${from}/messages/x`],
    ['GET', `dead-letters/${from}?task=x`],
    ['GET', `dead-letters/${from}/x`],
    ['GET', `dead-letters/${from}/export`],
  ] as const) {
    const { status, body } = await session.gateway.call(method, `/rabbitmq/${busy}`);
    expect([busy, status, body.code]).toEqual([busy, 409, 'OPERATION_CONFLICT']);
  }
  await until(async () => {
    const { body } = await session.gateway.call('GET', path);
    return (body.progress as { done: number }).done >= 3;
  });
  expect((await session.gateway.call('DELETE', path)).status).toBe(202);
  const ended = await until(async () => {
    const { body } = await session.gateway.call('GET', path);
    return body.state !== 'RUNNING' && body;
  });
  expect(ended).toMatchObject({ state: 'CANCELLED', progress: { total: 100, failed: 0 } });
  const { done } = ended.progress as { done: number };
  await session.awaits(from, 100 - done);
  expect(await session.waiting(to)).toBe(done);
  expect((await session.get('operations')).body.items).toContainEqual(ended);
  expect(await session.get('operations/absent')).toMatchObject({
    status: 404,
    body: { code: 'OPERATION_NOT_FOUND' },
  });
});

test('no more operations run at a time than are allowed', async () => {
  const running: string[] = [];
  for (const name of ['busy.1', 'busy.2']) {
    await session.fill(await session.declare(name), 30);
    running.push(String((await slowMove(name, 'slow.to')).headers.get('location')));
  }
  await session.declare('busy.3');
  const third = await slowMove('busy.3', 'slow.to');
  expect(third).toMatchObject({ status: 503, body: { code: 'OPERATIONS_SATURATED' } });
  expect(third.headers.get('retry-after')).not.toBeNull();
  for (const path of running) {
    await session.gateway.call('DELETE', path);
    await until(async () => (await session.gateway.call('GET', path)).body.state !== 'RUNNING');
  }
});

test('its events tell the progress and the end, and its rate is kept', async () => {
  const [from, to] = [await session.declare('paced.from'), await session.declare('paced.to')];
  await session.fill(from, 21);
  const began = performance.now();
  const { body } = await slowMove(from, to);
  const response = await fetch(
    `${session.gateway.url}/rabbitmq/operations/${String(body.operation_id)}/events`,
    { headers: { authorization: `Bearer ${keyOf('admin')}` } },
  );
  const text = await response.text();
  // Twenty a second: the twenty-first a second after the first.
  expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  const events = [...text.matchAll(/^event: (.*)$/gm)].map(([, event]) => event);
  expect(events[0]).toBe('progress');
  expect(events.at(-1)).toBe('end');
  const last = JSON.parse(/event: end\ndata: (.*)/.exec(text)?.[1] ?? 'null');
  expect(last).toMatchObject({ state: 'SUCCEEDED', progress: { done: 21 } });
});

test('messages are copied and stay; what cannot be delivered stays and is told', async () => {
  const [from, to] = [
    await session.declare('copied.from'),
    await session.declare('copied.to', { 'x-max-length': 2, 'x-overflow': 'reject-publish' }),
  ];
  await session.fill(from, 5);
  const copied = await session.post(`queues/${from}/copy`, { to: { queue_name: to }, limit: 2 });
  expect(copied.body).toMatchObject({ kind: 'copy', progress: { done: 2 } });
  expect([await session.waiting(from), await session.waiting(to)]).toEqual([5, 2]);
  const full = await session.post(`queues/${from}/move`, { to: { queue_name: to } });
  expect(full.body).toMatchObject({ state: 'SUCCEEDED', progress: { done: 0, failed: 5 } });
  expect((full.body.problems as string[]).length).toBeGreaterThan(0);
  await session.awaits(from, 5);
  const absent = await session.post(`queues/${from}/move`, { to: { queue_name: 'absent' } });
  expect(absent).toMatchObject({ status: 404, body: { code: 'QUEUE_NOT_FOUND' } });
  const itself = await session.post(`queues/${from}/move`, { to: { queue_name: from } });
  expect(itself.status).toBe(400);
  const internal = await session.post(`queues/${from}/move`, {
    to: { queue_name: 'celery-gateway.results' },
  });
  expect(internal).toMatchObject({ status: 403, body: { code: 'NAME_NOT_ALLOWED' } });
});

test('what would kill a worker is not moved to where workers are, unless it is forced', async () => {
  const from = await session.declare('mixed');
  await session.post('tasks/submit', { task_name: 'a.b' });
  await session.sendTask(from, 'whole');
  await session.send(from, { no: 'task' }, { messageId: 'broken' });
  const moved = await session.post(`queues/${from}/move`, { to: { queue_name: 'celery' } });
  expect(moved.body).toMatchObject({ progress: { done: 1, failed: 1 } });
  expect(String(moved.body.problems)).toContain('could not read');
  const forced = await session.post(`queues/${from}/move`, { to: { queue_name: 'celery' }, force: true });
  expect(forced.body).toMatchObject({ progress: { done: 1 } });
});

test('taking gets messages out for good, decoded', async () => {
  const queue = await session.declare('taken');
  await session.fill(queue, 3);
  const taken = await session.post(`queues/${queue}/messages/take`, { count: 2 });
  expect(taken.body.items).toMatchObject([
    { task: { task_id: 'taken-0' } },
    { task: { task_id: 'taken-1' } },
  ]);
  await session.awaits(queue, 1);
});

test('tasks are spread over the parts by their key', async () => {
  await session.post('queues/partitioned', { queue_name: 'orders', partitions: 4 });
  const submit = (body: object) => session.post('tasks/submit', { task_name: 'orders.ship', ...body });
  for (const customer of ['c1', 'c2', 'c3'])
    expect((await submit({ kwargs: { customer }, task_id: `by-${customer}` })).status).toBe(202);
  await submit({ headers: { partition_key: 'c1' }, task_id: 'by-header' });
  for (const [id, key] of [
    ['by-c1', 'c1'],
    ['by-c2', 'c2'],
    ['by-c3', 'c3'],
    ['by-header', 'c1'],
  ] as const) {
    const part = `orders.${partitionOf(key, 4)}`;
    expect((await session.get(`queues/${part}/messages/${id}`)).status).toBe(200);
  }
});
