import { Cleanup } from '../support/cleanup';
import { ready } from '../support/gateway-requests';
import { PrivateBroker } from '../support/private-broker';
import { type Answer, type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';

const TASK = { task_name: 'tasks.add', args: [1, 2], queue: 'kept' };
const PATIENT = { timeoutMs: 60_000 };

const cleanup = new Cleanup();
let broker: PrivateBroker;

beforeAll(async () => {
  broker = await cleanup.stops(PrivateBroker.create());
}, 120_000);

afterAll(() => cleanup.run(), 60_000);

const start = (env: Readonly<Record<string, string>> = {}): Promise<RunningGateway> =>
  cleanup.stops(
    startGateway({
      CELERY_BROKER_URL: broker.url,
      RABBITMQ_BACKOFF_MAX_MS: '500',
      RABBITMQ_HEARTBEAT_SECONDS: '30',
      PUBLISHER_DEADLINE_MS: '2000',
      READINESS_CANARY_TIMEOUT_MS: '1000',
      ...env,
    }),
  );

const submit = (gateway: RunningGateway): Promise<Answer> =>
  gateway.call('POST', '/rabbitmq/tasks/submit', TASK);

/** 503 as it is promised: a code, and when to come again. */
function expectUnavailable(answer: Answer, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([503, code]);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

/** What needs no broker. */
async function expectTheRestWorks(gateway: RunningGateway, knownTask?: string): Promise<void> {
  for (const path of ['/health/live', '/openapi.json', '/rabbitmq/tasks', '/rabbitmq/keys'])
    expect([path, (await gateway.call('GET', path)).status]).toEqual([path, 200]);
  if (knownTask !== undefined)
    expect((await gateway.call('GET', `/rabbitmq/tasks/${knownTask}`)).status).toBe(200);
}

test('a broker that is down at the start: the gateway serves what it can, and heals by itself', async () => {
  await broker.kill9();
  const gateway = await start();
  await until(async () => (await submit(gateway)).body.code === 'BROKER_UNREACHABLE', PATIENT);

  expectUnavailable(await submit(gateway), 'BROKER_UNREACHABLE');
  const readiness = await gateway.call('GET', '/health/ready');
  expect([readiness.status, readiness.body.status]).toEqual([503, 'not_ready']);
  expect(Number(readiness.headers.get('retry-after'))).toBeGreaterThan(0);
  await expectTheRestWorks(gateway);

  await broker.start();
  await ready(gateway);
  expect((await submit(gateway)).status).toBe(202);
}, 120_000);

test.each<readonly [string, readonly string[], readonly string[]]>([
  ['memory', ['set_vm_memory_high_watermark', '0.00001'], ['set_vm_memory_high_watermark', '0.4']],
  ['disk', ['set_disk_free_limit', '100000000000000'], ['set_disk_free_limit', '50000000']],
])(
  'a broker under a %s alarm: submissions are refused at once, reads go on, and it ends with the alarm',
  async (_what, raise, clear) => {
    const gateway = await start();
    await ready(gateway);
    const before = String((await submit(gateway)).body.task_id);
    await broker.ctl(...raise);
    try {
      // The broker tells of the alarm with the first publish after it.
      await until(async () => (await submit(gateway)).body.code === 'CONNECTION_BLOCKED', PATIENT);
      expectUnavailable(await submit(gateway), 'CONNECTION_BLOCKED');
      expect((await gateway.call('GET', '/health/ready')).status).toBe(503);
      await expectTheRestWorks(gateway, before);
      expect((await gateway.call('GET', '/rabbitmq/queues/kept/info')).status).toBe(200);
    } finally {
      await broker.ctl(...clear);
    }
    await until(async () => (await submit(gateway)).status === 202, PATIENT);
    await ready(gateway);
  },
  120_000,
);

test('a full queue that takes no more: what does not fit is refused and not there, and others are served', async () => {
  const gateway = await start();
  await ready(gateway);
  await gateway.call('POST', '/rabbitmq/queues/declare', {
    queue_name: 'full',
    max_length: 5,
    overflow: 'reject-publish',
  });
  const toFull = (): Promise<Answer> =>
    gateway.call('POST', '/rabbitmq/tasks/submit', { ...TASK, queue: 'full' });
  const answers: Answer[] = [];
  for (let count = 0; count < 10; count += 1) answers.push(await toFull());
  const accepted = answers.filter(({ status }) => status === 202).length;
  expect(accepted).toBeGreaterThanOrEqual(5);
  expect(accepted).toBeLessThan(10);
  for (const answer of answers.filter(({ status }) => status !== 202))
    expectUnavailable(answer, 'PUBLISH_NACKED');
  expect((await gateway.call('GET', '/rabbitmq/queues/full/info')).body.message_count).toBe(accepted);
  expect((await submit(gateway)).status).toBe(202);
}, 60_000);

test('a frozen broker: readiness finds it by its canary while the connection still looks well', async () => {
  const gateway = await start();
  await ready(gateway);
  const before = String((await submit(gateway)).body.task_id);
  await broker.signal('SIGSTOP');
  try {
    const readiness = await until(async () => {
      const answer = await gateway.call('GET', '/health/ready');
      return answer.status === 503 && answer;
    }, PATIENT);
    expect(readiness.body).toMatchObject({
      status: 'not_ready',
      broker: { state: 'connected' },
      canary: { ready: false, code: expect.stringMatching(/^(CONFIRM_TIMEOUT|PUBLISH_UNKNOWN)$/) },
    });
    const unknown = await submit(gateway);
    expect([unknown.status, unknown.body.code]).toEqual([504, 'PUBLISH_UNKNOWN']);
    await expectTheRestWorks(gateway, before);
  } finally {
    await broker.signal('SIGCONT');
  }
  await ready(gateway);
  expect((await submit(gateway)).status).toBe(202);
}, 120_000);

test('a Redis that is gone: tasks are accepted, results are 503, and the gateway stays in service', async () => {
  const gateway = await start({
    CELERY_RESULT_BACKEND: 'redis://127.0.0.1:1/0',
    RATE_LIMIT_REDIS_URL: 'redis://127.0.0.1:1/0',
  });
  await ready(gateway);
  const accepted = await submit(gateway);
  expect(accepted.status).toBe(202);
  expectUnavailable(
    await gateway.call('GET', `/rabbitmq/tasks/${String(accepted.body.task_id)}`),
    'CONNECTION_LOST',
  );
  expect((await gateway.call('GET', '/health/ready')).body).toMatchObject({
    status: 'ready',
    results: { ready: false, kind: 'redis' },
  });
}, 60_000);

test('a management API that is gone: what needs it is 503, queues are worked over AMQP', async () => {
  const gateway = await start({ RABBITMQ_MANAGEMENT_URL: 'http://guest:guest@127.0.0.1:1' });
  await ready(gateway);
  expect((await submit(gateway)).status).toBe(202);
  expectUnavailable(await gateway.call('GET', '/rabbitmq/queues'), 'MANAGEMENT_FAILED');
  expect((await gateway.call('GET', '/rabbitmq/queues/kept/info')).status).toBe(200);
}, 60_000);
