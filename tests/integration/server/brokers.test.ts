import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../../client';
import { createWorker, defineTask } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { createKeyFile } from '../../support/key-file';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const EU = '/brokers/eu';
const cleanup = new Cleanup();
let gateway: RunningGateway;
/** What the connections of `eu` go through. */
let proxy: TcpProxy;
/** Of a tenant. */
let tenantKey: string;

/** A worker that answers with the name of its broker. */
async function worker(broker: string, name: string): Promise<void> {
  const tasks = [defineTask('t.where', { params: [] }, () => name)];
  const started = createWorker({ tasks, broker, hostname: `${name}@here`, mingle: false, taskEvents: true });
  await started.start();
  cleanup.does(() => started.stop());
}

const submit = (base: string, body: object = {}, role: 'admin' | 'submitter' = 'submitter') =>
  gateway.call('POST', `${base}/rabbitmq/tasks/submit`, { task_name: 't.where', ...body }, role);

const result = async (base: string, taskId: string): Promise<unknown> =>
  (await gateway.call('GET', `${base}/rabbitmq/tasks/${taskId}?wait=20`)).body.result;

type Broker = {
  readonly name: string;
  readonly path: string;
  readonly ready: boolean;
  readonly state: string;
};
const brokers = async (role: 'admin' | 'reader' = 'admin'): Promise<readonly Broker[]> =>
  (await gateway.call('GET', '/rabbitmq/brokers', undefined, role)).body.brokers as readonly Broker[];
const isReady = async (name: string): Promise<boolean> =>
  (await brokers()).some((broker) => broker.name === name && broker.ready);

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'brokers-'));
  cleanup.does(async () => rmSync(folder, { recursive: true }));
  const keys = createKeyFile();
  cleanup.does(async () => keys.remove());
  tenantKey = keys.add('subacme', { scopes: ['tasks:submit', 'tasks:read'], tenant: 'acme' });
  const [home, eu] = await Promise.all([createVhost('home'), createVhost('eu')]);
  cleanup.does(() => home.drop());
  cleanup.does(() => eu.drop());
  proxy = await cleanup.stops(TcpProxy.start(Number(new URL(eu.url).port || 5672)));
  const through = new URL(eu.url);
  through.hostname = '127.0.0.1';
  through.port = String(proxy.port);
  const file = join(folder, 'brokers.json');
  writeFileSync(
    file,
    JSON.stringify({
      eu: { CELERY_BROKER_URL: through.toString(), RABBITMQ_BACKOFF_MAX_MS: 200, keys: ['admin', 'sub*'] },
      // Nobody listens there.
      down: { CELERY_BROKER_URL: 'amqp://127.0.0.1:9/' },
    }),
  );
  gateway = await cleanup.stops(
    startGateway({ CELERY_BROKER_URL: home.url, GATEWAY_BROKERS_FILE: file, ...keys.env }),
  );
  await Promise.all([worker(home.url, 'home'), worker(eu.url, 'eu')]);
  await until(async () => (await isReady('default')) && (await isReady('eu')), PATIENT);
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('each broker has its tasks: the same id is another task on another one, and nobody knows the other one’s', async () => {
  const [home, eu] = [await submit('', { task_id: 'same' }), await submit(EU, { task_id: 'same' })];
  expect([home.status, eu.status]).toEqual([202, 202]);
  expect(home.headers.get('location')).toBe('/rabbitmq/tasks/same');
  expect(eu.headers.get('location')).toBe('/brokers/eu/rabbitmq/tasks/same');
  expect([await result('', 'same'), await result(EU, 'same')]).toEqual(['home', 'eu']);
  const { body } = await submit(EU);
  expect(await result(EU, String(body.task_id))).toBe('eu');
  expect((await gateway.call('GET', `/rabbitmq/tasks/${body.task_id}`)).status).toBe(404);
});

test('so do histories, workers, schedules and idempotency keys', async () => {
  const names = async (base: string) => {
    const { body } = await gateway.call('GET', `${base}/rabbitmq/workers`);
    return (body.workers as readonly { readonly hostname: string }[]).map(({ hostname }) => hostname);
  };
  expect([await names(''), await names(EU)]).toEqual([['home@here'], ['eu@here']]);
  const schedule = { id: 'nightly', cron: '0 0 1 1 *', task: { task_name: 't.where' } };
  await until(
    async () => (await gateway.call('POST', `${EU}/rabbitmq/schedules`, schedule)).status === 201,
    PATIENT,
  );
  expect((await gateway.call('GET', `${EU}/rabbitmq/schedules/nightly`)).status).toBe(200);
  expect((await gateway.call('GET', '/rabbitmq/schedules/nightly')).status).toBe(404);
  const key = { 'idempotency-key': 'once' };
  const send = (base: string) =>
    gateway.call('POST', `${base}/rabbitmq/tasks/submit`, { task_name: 't.where' }, 'admin', key);
  const [first, again, home] = [await send(EU), await send(EU), await send('')];
  expect(again.body.task_id).toBe(first.body.task_id);
  expect(again.headers.get('location')).toBe(`${EU}/rabbitmq/tasks/${first.body.task_id}`);
  expect(home.body.task_id).not.toBe(first.body.task_id);
  const listed = async (base: string) => {
    const { body } = await gateway.call('GET', `${base}/rabbitmq/tasks?limit=500`);
    return (body.items as readonly { readonly task_id: string }[]).map(({ task_id }) => task_id);
  };
  expect(await listed(EU)).toContain(first.body.task_id);
  expect(await listed('')).not.toContain(first.body.task_id);
});

test('the brokers are listed with their state; the default one decides whether traffic is welcome', async () => {
  const { status, body } = await gateway.call('GET', '/health/ready');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'ready',
    brokers: {
      eu: { ready: true, status: 'ready', state: 'connected' },
      down: { ready: false, status: 'not_ready', last_error: expect.any(String) },
    },
  });
  expect(await brokers()).toMatchObject([
    { name: 'default', path: '/rabbitmq', ready: true },
    { name: 'eu', path: '/brokers/eu/rabbitmq', ready: true },
    { name: 'down', path: '/brokers/down/rabbitmq', ready: false },
  ]);
  expect(await submit('/brokers/down')).toMatchObject({ status: 503, body: { code: 'BROKER_UNREACHABLE' } });
  expect((await submit('/brokers/nowhere')).body).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
});

test('a broker that goes away takes nothing with it, and is served again when it comes back', async () => {
  proxy.mode = 'refuse';
  await until(async () => (await submit(EU)).status === 503, PATIENT);
  const taskId = String((await submit('')).body.task_id);
  expect(await result('', taskId)).toBe('home');
  expect((await gateway.call('GET', '/health/ready')).status).toBe(200);
  proxy.mode = 'pass';
  await until(() => isReady('eu'), PATIENT);
  const back = await until(async () => {
    const { status, body } = await submit(EU);
    return status === 202 && String(body.task_id);
  }, PATIENT);
  expect(await result(EU, back)).toBe('eu');
}, 90_000);

test('a key is for a broker only if the broker says so, and sees no others', async () => {
  const { status, body } = await gateway.call('GET', `${EU}/rabbitmq/tasks/same`, undefined, 'reader');
  expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  expect((await gateway.call('GET', '/rabbitmq/tasks/same', undefined, 'reader')).status).toBe(200);
  expect((await brokers('reader')).map(({ name }) => name)).toEqual(['default', 'down']);
  const unknown = await fetch(`${gateway.url}${EU}/rabbitmq/tasks/same`, { headers: { 'x-api-key': 'x' } });
  expect(unknown.status).toBe(401);
});

test('a tenant’s task on one broker opens no task of the same id on another', async () => {
  const asTenant = async (method: string, path: string, body?: object): Promise<number> => {
    const headers = { 'x-api-key': tenantKey, 'content-type': 'application/json' };
    const { status } = await fetch(gateway.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return status;
  };
  const task = { task_name: 't.where', task_id: 'mine' };
  expect(await asTenant('POST', '/rabbitmq/tasks/submit', task)).toBe(202);
  expect((await submit(EU, { task_id: 'mine' })).status).toBe(202);
  expect(await asTenant('GET', '/rabbitmq/tasks/mine')).toBe(200);
  expect(await asTenant('GET', `${EU}/rabbitmq/tasks/mine`)).toBe(404);
  expect(await asTenant('POST', `${EU}/rabbitmq/tasks/submit`, { ...task, task_id: 'ours' })).toBe(202);
  expect(await asTenant('GET', `${EU}/rabbitmq/tasks/ours`)).toBe(200);
});

test('metrics, audit log and document tell the brokers apart', async () => {
  const headers = { 'x-api-key': keyOf('admin') };
  const lines = await until(async () => {
    const text = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
    return (
      text.includes(
        'celery_task_succeeded_total{name="t.where",hostname="here",queue_name="celery",broker="eu"}',
      ) && text.split('\n')
    );
  }, PATIENT);
  const succeeded = lines.filter((line) => line.startsWith('celery_task_succeeded_total{'));
  expect(succeeded.filter((line) => !line.includes('broker='))).toHaveLength(1);
  expect(lines.some((line) => line.startsWith('process_start_time_seconds '))).toBe(true);
  const requests =
    'celery_gateway_http_request_duration_seconds_count{method="POST",route="/brokers/eu/rabbitmq/tasks/submit"';
  expect(lines.some((line) => line.startsWith(requests))).toBe(true);
  expect(lines.filter((line) => line.startsWith('# TYPE celery_task_succeeded_total'))).toHaveLength(1);
  await gateway.call('POST', `${EU}/rabbitmq/queues/celery/pause`, {});
  const { body } = await gateway.call('GET', '/rabbitmq/audit');
  const [entry] = body.items as readonly { readonly route: string }[];
  expect(entry?.route).toBe('/brokers/eu/rabbitmq/queues/:queue_name/pause');
  await gateway.call('POST', `${EU}/rabbitmq/queues/celery/resume`, {});
  const document = (await gateway.call('GET', '/openapi.json')).body;
  expect(document.servers).toMatchObject([{ url: '.' }, { url: 'brokers/eu' }, { url: 'brokers/down' }]);
});

test('the client is pointed at a broker by its path', async () => {
  const client = createClient({ url: `${gateway.url}${EU}`, apiKey: keyOf('admin') });
  const { body } = await client.submitTask({ body: { task_name: 't.where' } });
  const done = await client.getTask({ params: { task_id: body.task_id }, query: { wait: 20 } });
  expect(done.body.result).toBe('eu');
});
