import { randomUUID } from 'node:crypto';
import { AmqpConnection, ConfirmPublisher } from '../../../amqp';
import { EventDispatcher, RpcResultWriter } from '../../../celery';
import { LamportClock, type TaskMeta } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { Cleanup } from '../../support/cleanup';
import { EventStreamReader } from '../../support/event-stream';
import { keyOf } from '../../support/gateway-app';
import { ready } from '../../support/gateway-requests';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const STREAM = 'celery-gateway.results';
const cleanup = new Cleanup();
let vhost: TestVhost;
let gateway: RunningGateway;
let other: RunningGateway;
let worker: { readonly events: EventDispatcher; readonly results: RpcResultWriter };

type Json = Readonly<Record<string, unknown>>;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<RunningGateway> => {
  const started = await startGateway({ CELERY_BROKER_URL: vhost.url, ...env });
  await ready(started);
  return started;
};

beforeAll(async () => {
  vhost = await createVhost('monitor');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(start());
  other = await cleanup.stops(start());
  const logger = silentLogger();
  const connection = await cleanup.stops(new AmqpConnection({ urls: [vhost.url], name: 'worker', logger }));
  await connection.start();
  await connection.ready(20_000);
  const publisher = await cleanup.stops(new ConfirmPublisher({ connection, logger }));
  await publisher.start();
  const clock = new LamportClock();
  const events = await cleanup.stops(new EventDispatcher({ connection, nodename: 'w@test', clock, logger }));
  await events.start();
  worker = { events, results: new RpcResultWriter({ publisher }) };
}, 60_000);

afterAll(() => cleanup.run());

const submit = async (fields: Json = {}): Promise<string> => {
  const body = { task_name: 'tasks.add', args: [1, 2], queue: 'monitored', ...fields };
  const { status, body: answer } = await gateway.call('POST', '/rabbitmq/tasks/submit', body);
  expect(status).toBe(202);
  return String(answer.task_id);
};

const task = async (taskId: string, of = gateway): Promise<Json> =>
  (await of.call('GET', `/rabbitmq/tasks/${taskId}`)).body;

const stateIs = (taskId: string, state: string, of = gateway) =>
  until(async () => (await task(taskId, of)).state === state, {
    timeoutMs: 30_000,
    what: `${taskId} ${state}`,
  });

const store = (taskId: string, meta: Partial<TaskMeta>): Promise<void> =>
  worker.results.storeResult(
    { id: taskId, replyTo: STREAM, correlationId: taskId },
    {
      task_id: taskId,
      status: 'SUCCESS',
      result: 3,
      traceback: null,
      children: [],
      date_done: new Date().toISOString(),
      ...meta,
    },
  );

const listed = async (query: string, of = gateway): Promise<readonly Json[]> => {
  const { status, body } = await of.call('GET', `/rabbitmq/tasks?${query}`, undefined, 'reader');
  expect(status).toBe(200);
  return body.items as readonly Json[];
};

const listen = (path: string, lastEventId?: string, of = gateway): Promise<EventStreamReader> =>
  EventStreamReader.open(`${of.url}${path}`, {
    authorization: `Bearer ${keyOf('reader')}`,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  });

describe('a task over its life', () => {
  test('goes from QUEUED to its end, with its real arguments, times and what it reported', async () => {
    const taskId = await submit({ args: [1, { deep: ['x'] }], kwargs: { flag: true }, tags: ['red'] });
    expect(await task(taskId)).toMatchObject({ status: 'PENDING', state: 'QUEUED', worker: null });

    worker.events.send('task-received', { uuid: taskId, name: 'tasks.add', retries: 0 });
    await stateIs(taskId, 'RECEIVED');
    worker.events.send('task-started', { uuid: taskId });
    await store(taskId, { status: 'PROGRESS', result: { current: 3, total: 9 }, date_done: null });
    await stateIs(taskId, 'PROGRESS');
    expect(await task(taskId)).toMatchObject({ status: 'PROGRESS', progress: { current: 3, total: 9 } });

    worker.events.send('task-succeeded', { uuid: taskId, result: '3', runtime: 0.25 });
    await store(taskId, { children: [[['child-1', taskId], []]] });
    await stateIs(taskId, 'SUCCESS');
    const found = await task(taskId);
    expect(found).toMatchObject({
      status: 'SUCCESS',
      result: 3,
      worker: 'w@test',
      args: [1, { deep: ['x'] }],
      kwargs: { flag: true },
      tags: ['red'],
      queue: 'monitored',
      root_id: taskId,
      children: ['child-1'],
      runtime_seconds: 0.25,
    });
    expect([found.queued_at, found.received_at, found.started_at, found.done_at]).not.toContain(null);
    expect(found.wait_seconds).toBeGreaterThanOrEqual(0);
  });

  test('a revocation tells its reason', async () => {
    const taskId = await submit();
    worker.events.send('task-revoked', { uuid: taskId, terminated: false, signum: null, expired: true });
    await until(async () => (await listed(`state=REVOKED&queue=monitored`)).length > 0);
    const [found] = await listed('state=REVOKED');
    expect(found).toMatchObject({ task_id: taskId, state: 'REVOKED', reason: 'expired' });
  });

  test('arguments too large for memory are read from the record', async () => {
    const taskId = await submit({ args: ['x'.repeat(10_000), { n: 1 }] });
    await until(async () => (await task(taskId)).args !== null, { timeoutMs: 30_000 });
    expect((await task(taskId)).args).toEqual(['x'.repeat(10_000), { n: 1 }]);
  });

  test('an answer that has not changed is not sent again', async () => {
    const taskId = await submit();
    const path = `${gateway.url}/rabbitmq/tasks/${taskId}`;
    const authorization = `Bearer ${keyOf('reader')}`;
    // The record comes back from the stream a moment later, with the arguments.
    await until(async () => (await task(taskId)).args !== null);
    const first = await fetch(path, { headers: { authorization } });
    const etag = first.headers.get('etag') ?? '';
    await first.body?.cancel();
    const again = await fetch(path, { headers: { authorization, 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    await store(taskId, {});
    await stateIs(taskId, 'SUCCESS');
    const changed = await fetch(path, { headers: { authorization, 'if-none-match': etag } });
    expect(changed.status).toBe(200);
    await changed.body?.cancel();
  });
});

describe('the list', () => {
  const queue = `list-${randomUUID()}`;
  const ids: string[] = [];

  beforeAll(async () => {
    for (let i = 0; i < 5; i += 1)
      ids.push(await submit({ queue, args: [`needle-${i}`], tags: [`t${i % 2}`] }));
    await store(ids[0] ?? '', { status: 'SUCCESS', result: 'golden' });
    const failure = { exc_type: 'ValueError', exc_message: ['broken'], exc_module: 'builtins' };
    await store(ids[1] ?? '', { status: 'FAILURE', result: failure, traceback: 'Traceback' });
    for (const each of [gateway, other]) {
      await until(async () => (await listed(`queue=${queue}&state=QUEUED&args=needle`, each)).length === 3, {
        timeoutMs: 30_000,
      });
    }
  });

  const idsOf = async (query: string, of = gateway) =>
    (await listed(`queue=${queue}&sort=queued_at&${query}`, of)).map(({ task_id: id }) => String(id)).sort();
  const those = (...at: readonly number[]) => at.map((index) => ids[index] ?? '').sort();

  test.each([
    ['state=SUCCESS,FAILURE', [0, 1]],
    ['state=!QUEUED', [0, 1]],
    ['tag=t0', [0, 2, 4]],
    ['tag=!t0', [1, 3]],
    ['args=NEEDLE-3', [3]],
    ['args=!needle-3', [0, 1, 2, 4]],
    ['result=golden', [0]],
    ['error=broken', [1]],
    ['name=tasks.*&worker=!nobody', [0, 1, 2, 3, 4]],
    ['name=!tasks.*', []],
    ['queued_after=2100-01-01T00:00:00Z', []],
  ])('%s', async (query, found) => {
    expect(await idsOf(query)).toEqual(those(...found));
    expect(await idsOf(query, other)).toEqual(those(...found));
  });

  test('comes in pages that follow each other, on any replica, with what there is in all', async () => {
    const path = `/rabbitmq/tasks?queue=${queue}&limit=2&facets=state,queue`;
    const first = await gateway.call('GET', path);
    expect(first.body.facets).toEqual({
      total: 5,
      state: [
        { value: 'QUEUED', count: 3 },
        { value: 'SUCCESS', count: 1 },
        { value: 'FAILURE', count: 1 },
      ],
      queue: [{ value: queue, count: 5 }],
    });
    const seen = (first.body.items as Json[]).map(({ task_id: id }) => id);
    let next = /<([^>]*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1];
    while (next !== undefined) {
      const page = await other.call('GET', next);
      seen.push(...(page.body.items as Json[]).map(({ task_id: id }) => id));
      next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(new Set(ids));
  });

  test('refuses a cursor of another order, and one that is none', async () => {
    const { body } = await gateway.call('GET', `/rabbitmq/tasks?queue=${queue}&limit=1`);
    const stolen = await gateway.call('GET', `/rabbitmq/tasks?sort=name&cursor=${String(body.next_cursor)}`);
    expect([stolen.status, stolen.body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect((await gateway.call('GET', '/rabbitmq/tasks?cursor=zzz')).status).toBe(400);
  });
});

describe('event streams', () => {
  test("tell a task's changes and end with its result; who comes back then has seen all", async () => {
    const taskId = await submit();
    const stream = await listen(`/rabbitmq/tasks/${taskId}/events`);
    expect((await stream.next('task')).data).toMatchObject({ task_id: taskId, state: 'QUEUED' });
    worker.events.send('task-started', { uuid: taskId });
    await store(taskId, { status: 'PROGRESS', result: { percent: 40 }, date_done: null });
    expect((await stream.next('task-progress')).data).toMatchObject({
      task_id: taskId,
      data: { percent: 40 },
    });
    await stream.next('task-started');
    await store(taskId, { result: 'done' });
    const end = await stream.next('end');
    await stream.end();
    expect(end.data).toMatchObject({ state: 'SUCCESS', result: 'done' });
    expect((await listen(`/rabbitmq/tasks/${taskId}/events`, end.id)).status).toBe(204);
  });

  test('go on at another replica and after a restart, with nothing lost and nothing twice', async () => {
    const queue = `resumed-${randomUUID()}`;
    const stream = await listen(`/rabbitmq/events?queue=${queue}&type=task-queued,task-result`);
    await stream.next('open');
    const taskId = await submit({ queue });
    const { id } = await stream.next('task-queued');
    stream.close();

    await store(taskId, { result: 'meanwhile' });
    const second = await submit({ queue });
    const missed = async (of: RunningGateway) => {
      const resumed = await listen(`/rabbitmq/events?queue=${queue}&type=task-queued,task-result`, id, of);
      await resumed.next('task-queued');
      await resumed.next('task-result');
      resumed.close();
      return resumed.events.map(({ event, data }) => `${event} ${String(data.task_id)}`).sort();
    };
    const expected = [`task-queued ${second}`, `task-result ${taskId}`].sort();
    expect(await missed(other)).toEqual(expected);
    const restarted = await start();
    try {
      expect(await missed(restarted)).toEqual(expected);
      expect(await task(taskId, restarted)).toMatchObject({
        state: 'SUCCESS',
        result: 'meanwhile',
        args: [1, 2],
      });
    } finally {
      await restarted.stop();
    }
  });

  test('say when what was missed is no longer known', async () => {
    const stream = await listen('/rabbitmq/events', 'e999999999');
    expect((await stream.next('gap')).data.detail).toContain('no longer held');
    stream.close();
  });

  test('of a task nobody knows are 404, and a key has only so many', async () => {
    expect((await listen(`/rabbitmq/tasks/${randomUUID()}/events`)).status).toBe(404);
    const bounded = await start({ EVENT_STREAMS_PER_KEY: '1' });
    try {
      const first = await listen('/rabbitmq/events', undefined, bounded);
      await first.next('open');
      expect((await listen('/rabbitmq/events', undefined, bounded)).status).toBe(429);
    } finally {
      await bounded.stop();
    }
  });

  test('end with a last event when the gateway stops', async () => {
    const stopping = await start();
    const stream = await listen('/rabbitmq/events', undefined, stopping);
    await stream.next('open');
    await stopping.stop();
    await stream.end();
    expect(stream.types.at(-1)).toBe('shutdown');
  });
});

test('a forgotten result is gone on every replica and after a restart; the task stays known', async () => {
  const taskId = await submit({ queue: 'forgetful' });
  await store(taskId, { result: 'secret' });
  await stateIs(taskId, 'SUCCESS');
  await stateIs(taskId, 'SUCCESS', other);
  const authorization = `Bearer ${keyOf('submitter')}`;
  const answer = await fetch(`${gateway.url}/rabbitmq/tasks/${taskId}/result`, {
    method: 'DELETE',
    headers: { authorization },
  });
  expect(answer.status).toBe(204);
  const restarted = await start();
  try {
    for (const each of [gateway, other, restarted]) {
      await until(async () => (await task(taskId, each)).result_forgotten === true, { timeoutMs: 30_000 });
      expect(await task(taskId, each)).toMatchObject({ result: null, state: 'SUCCESS', args: [1, 2] });
      expect(await listed('result=secret', each)).toEqual([]);
    }
  } finally {
    await restarted.stop();
  }
});
