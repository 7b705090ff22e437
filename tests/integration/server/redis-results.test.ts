import { createWorker, defineTask } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { testRedisUrl } from '../../support/redis';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const cleanup = new Cleanup();
let settings: Record<string, string>;

async function start(): Promise<RunningGateway> {
  const started = await cleanup.stops(startGateway(settings));
  await until(async () => (await started.call('GET', '/health/ready')).status === 200, PATIENT);
  return started;
}

beforeAll(async () => {
  const vhost = await createVhost('redis-http');
  cleanup.does(() => vhost.drop());
  settings = { CELERY_BROKER_URL: vhost.url, CELERY_RESULT_BACKEND: testRedisUrl() };
  const worker = createWorker({
    tasks: [defineTask('r.value', { params: [] }, () => ({ kept: [1, 2] }))],
    broker: vhost.url,
    resultBackend: testRedisUrl(),
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('a result on Redis is read after a restart of the gateway, and forgotten on request', async () => {
  const first = await start();
  const submitted = await first.call('POST', '/rabbitmq/tasks/submit', { task_name: 'r.value' });
  const path = `/rabbitmq/tasks/${String(submitted.body.task_id)}`;
  const done = { status: 'SUCCESS', result: { kept: [1, 2] } };
  expect((await first.call('GET', `${path}?wait=30`)).body).toMatchObject(done);
  await first.stop();

  const second = await start();
  expect((await second.call('GET', path)).body).toMatchObject(done);
  expect((await second.call('DELETE', `${path}/result`)).status).toBeLessThan(300);
  await until(async () => (await second.call('GET', path)).body.result === null, PATIENT);

  const third = await start();
  expect((await third.call('GET', path)).body.result ?? null).toBeNull();
}, 90_000);
