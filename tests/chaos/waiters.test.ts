import { randomUUID } from 'node:crypto';
import { Cleanup } from '../support/cleanup';
import { ready } from '../support/gateway-requests';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { createVhost } from '../support/vhost';

const WAITERS = 1000;
const PER_KEY = 400;
const WAIT_SECONDS = 3;
const MEBIBYTE = 1024 * 1024;

const cleanup = new Cleanup();
let gateway: RunningGateway;

beforeAll(async () => {
  const vhost = await createVhost('waiters');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(
    startGateway({
      CELERY_BROKER_URL: vhost.url,
      GATEWAY_MAX_WAITERS_PER_KEY: String(PER_KEY),
      RATE_LIMIT_READS: '0',
      RATE_LIMIT_SUBMITS: '0',
    }),
  );
  await ready(gateway);
}, 60_000);
afterAll(() => cleanup.run(), 30_000);

test('a thousand clients of one key wait for a result that never comes: as many as it may, and to their time alone', async () => {
  const task_id = randomUUID();
  await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add', task_id, queue: 'nobody' });
  const rss = process.memoryUsage().rss;
  const waits = Array.from({ length: WAITERS }, async () => {
    const startedAt = performance.now();
    const { status, body } = await gateway.call(
      'GET',
      `/rabbitmq/tasks/${task_id}?wait=${WAIT_SECONDS}`,
      undefined,
      'reader',
    );
    return { status, state: body.status, tookMs: performance.now() - startedAt };
  });
  const answers = await Promise.all(waits);

  expect(new Set(answers.map(({ status, state }) => `${status} ${state}`))).toEqual(new Set(['200 PENDING']));
  // The others were told at once how it stands; a timer may fire a little early.
  const waited = answers.filter(({ tookMs }) => tookMs >= WAIT_SECONDS * 1000 - 50);
  expect(waited.length).toBeGreaterThanOrEqual(PER_KEY);
  expect(process.memoryUsage().rss - rss).toBeLessThan(256 * MEBIBYTE);
  // All places are free again, and another caller waits as before.
  const startedAt = performance.now();
  await gateway.call('GET', `/rabbitmq/tasks/${task_id}?wait=1`, undefined, 'reader');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(950);
}, 60_000);

test('another key has its own places while one has taken all of its', async () => {
  const task_id = randomUUID();
  await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add', task_id, queue: 'nobody' });
  const path = `/rabbitmq/tasks/${task_id}`;
  const held = Array.from({ length: PER_KEY }, () =>
    gateway.call('GET', `${path}?wait=8`, undefined, 'reader'),
  );
  const over = await Promise.race([
    Promise.all(held).then(() => 'all waited'),
    // Once they have their places, one more is answered at once.
    (async () => {
      for (;;) {
        const startedAt = performance.now();
        await gateway.call('GET', `${path}?wait=2`, undefined, 'reader');
        if (performance.now() - startedAt < 1900) return 'one more was not';
      }
    })(),
  ]);
  expect(over).toBe('one more was not');
  const startedAt = performance.now();
  await gateway.call('GET', `${path}?wait=1`, undefined, 'admin');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(950);
  await Promise.all(held);
}, 60_000);
