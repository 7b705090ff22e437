import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { Redis } from 'ioredis';
import { AmqpConnection } from '../../../amqp';
import { EventDispatcher } from '../../../celery';
import { LamportClock } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { Cleanup } from '../../support/cleanup';
import { ready } from '../../support/gateway-requests';
import { testRedisUrl } from '../../support/redis';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const STREAM = 'celery-gateway.results';
/** Results one gateway holds here, and clients that wait for one each. */
const HELD = 100;
const CLIENTS = 200;

const cleanup = new Cleanup();
let vhost: TestVhost;
let connection: AmqpConnection;
let events: EventDispatcher;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<RunningGateway> => {
  const gateway = await cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url, ...env }));
  await ready(gateway);
  return gateway;
};

beforeAll(async () => {
  vhost = await createVhost('waiting');
  cleanup.does(() => vhost.drop());
  const logger = silentLogger();
  connection = await cleanup.stops(new AmqpConnection({ urls: [vhost.url], name: 'worker', logger }));
  await connection.start();
  await connection.ready(20_000);
  events = await cleanup.stops(
    new EventDispatcher({ connection, nodename: 'w@test', clock: new LamportClock(), logger }),
  );
  await events.start();
}, 60_000);

afterAll(() => cleanup.run());

const submit = async (gateway: RunningGateway): Promise<string> => {
  const body = { task_name: 'tasks.add', queue: 'waited', ignore_result: true };
  const { status, body: answer } = await gateway.call('POST', '/rabbitmq/tasks/submit', body);
  expect(status).toBe(202);
  return String(answer.task_id);
};

const ends = (taskId: string): void => {
  events.send('task-received', { uuid: taskId, name: 'tasks.add' });
  events.send('task-succeeded', { uuid: taskId, result: 'None', runtime: 0.1 });
};

/** Starts so many long polls, each for a task of its own. Resolves once the gateway has all of them. */
async function poll(gateway: RunningGateway, ids: readonly string[]) {
  let waiting = 0;
  const onRequest = (message: unknown): void => {
    if ((message as { request: IncomingMessage }).request.url?.includes('wait=60')) waiting += 1;
  };
  subscribe('http.server.request.start', onRequest);
  const answers = ids.map((id) => gateway.call('GET', `/rabbitmq/tasks/${id}?wait=60`, undefined, 'reader'));
  await until(() => waiting === ids.length);
  unsubscribe('http.server.request.start', onRequest);
  return { told: Promise.all(answers) };
}

const submitted = async (gateway: RunningGateway): Promise<readonly string[]> => {
  const ids = Array.from({ length: CLIENTS }, () => randomUUID());
  const tasks = ids.map((id) => ({ task_name: 'tasks.add', queue: 'waited', task_id: id }));
  expect((await gateway.call('POST', '/rabbitmq/tasks/batch', { tasks })).status).toBe(202);
  return ids;
};

const resultOf = (id: string): Buffer =>
  Buffer.from(JSON.stringify({ task_id: id, status: 'SUCCESS', result: id, traceback: null, children: [] }));

const room = { GATEWAY_MAX_WAITERS: String(CLIENTS), GATEWAY_MAX_WAITERS_PER_KEY: String(CLIENTS) };

describe('many clients who wait', () => {
  test('are each answered with the result that came, though the gateway holds fewer', async () => {
    const gateway = await start({ RESULT_MAX_ENTRIES: String(HELD), ...room });
    const ids = await submitted(gateway);
    const { told } = await poll(gateway, ids);
    // In as few frames as can be: the gateway reads hundreds of them in one turn of its event loop.
    const channel = await connection.openChannel();
    for (const id of ids) channel.sendToQueue(STREAM, resultOf(id), { contentType: 'application/json' });
    const got = (await told).map(({ body }) => [body.status, body.result]);
    expect(got).toEqual(ids.map((id) => ['SUCCESS', id]));
    await channel.close();
  });

  test('on Redis as well, though their keys are gone when they are answered', async () => {
    const redis = new Redis(testRedisUrl());
    cleanup.does(async () => redis.disconnect());
    const gateway = await start({ CELERY_RESULT_BACKEND: testRedisUrl(), ...room });
    const ids = await submitted(gateway);
    const { told } = await poll(gateway, ids);
    const channels = ids.map((id) => `celery-task-meta-${id}`);
    await until(async () => {
      const counts = (await redis.pubsub('NUMSUB', ...channels)) as (string | number)[];
      return counts.filter((each) => each === 1).length === CLIENTS;
    });
    for (const [at, id] of ids.entries()) redis.publish(channels[at] ?? '', resultOf(id).toString());
    const got = (await told).map(({ body }) => [body.status, body.result]);
    expect(got).toEqual(ids.map((id) => ['SUCCESS', id]));
  });
});

describe('results that had to leave memory', () => {
  test('are read from the stream again; their tasks have ended all the same, also after a restart', async () => {
    const few = { RESULT_MAX_ENTRIES: String(HELD) };
    const gateway = await start(few);
    const ids = Array.from({ length: HELD + 2 }, () => randomUUID());
    const channel = await connection.openChannel();
    for (const id of ids) {
      const failed = { exc_type: 'ValueError', exc_message: [id], exc_module: 'builtins' };
      const meta =
        id === ids[0]
          ? { status: 'FAILURE', result: failed }
          : { status: 'SUCCESS', result: [{ whole: id }] };
      const text = JSON.stringify({ task_id: id, traceback: null, children: [], ...meta });
      channel.sendToQueue(STREAM, Buffer.from(text), { contentType: 'application/json' });
    }
    for (const at of [gateway, await start(few)]) {
      const get = (id: string | undefined) =>
        at.call('GET', `/rabbitmq/tasks/${id}?wait=30`, undefined, 'reader');
      expect((await get(ids.at(-1))).body).toMatchObject({ result: [{ whole: ids.at(-1) }] });
      const [failed, succeeded] = await Promise.all([get(ids[0]), get(ids[1])]);
      expect(succeeded?.body).toMatchObject({ status: 'SUCCESS', result: [{ whole: ids[1] }] });
      expect(failed?.body).toMatchObject({
        status: 'FAILURE',
        error: { type: 'ValueError', message: ids[0] },
      });
    }
    await channel.close();
  });
});

describe('a task whose result is ignored', () => {
  const waitedFor = async (backend: string): Promise<void> => {
    const gateway = await start({ CELERY_RESULT_BACKEND: backend });
    const [early, late] = [await submit(gateway), await submit(gateway)];
    const get = (taskId: string, query: string) =>
      gateway.call('GET', `/rabbitmq/tasks/${taskId}${query}`, undefined, 'reader');
    const first = get(early, '?wait=60');
    ends(early);
    ends(late);
    // It has ended before anybody waits, and its result could still be on its way.
    await until(async () => (await get(late, '')).body.worker === 'w@test');
    const answers = await Promise.all([first, get(late, '?wait=60')]);
    for (const { body } of answers) {
      expect(body).toMatchObject({ status: 'SUCCESS', state: 'SUCCESS', result: null });
    }
  };

  test('is waited for until its events tell its end, also where results are kept nowhere', async () => {
    // Both at once: each takes as long as a result may be on its way.
    await Promise.all(['rpc://', 'disabled://'].map(waitedFor));
  });
});
