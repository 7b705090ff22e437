import { SCOPES } from '../../../server/security/scopes';
import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { createKeyFile, type TestKeyFile } from '../../support/key-file';
import { startTypeScriptWorker } from '../../support/processes';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

interface ActiveBody {
  readonly workers: Readonly<Record<string, { readonly tasks: readonly { readonly task_id: string }[] }>>;
}

const cleanup = new Cleanup();
let vhost: TestVhost;
let file: TestKeyFile;
let gateway: RunningGateway;
let replica: RunningGateway;
let acme: string;
let other: string;
let reports: string;

beforeAll(async () => {
  vhost = await createVhost('tenants');
  file = createKeyFile();
  acme = file.add('acme', { scopes: SCOPES, tenant: 'acme' });
  other = file.add('other', { scopes: SCOPES, tenant: 'other' });
  reports = file.add('reports', { role: 'submitter', tasks: ['reports.*'], queues: ['reports'] });
  const env = { ...file.env, CELERY_BROKER_URL: vhost.url, GATEWAY_KEYS_RELOAD_INTERVAL_MS: '100' };
  [gateway, replica] = await Promise.all([startGateway(env), startGateway(env)]);
  for (const one of [gateway, replica]) {
    await until(async () => (await one.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });
  }
});

afterAll(async () => {
  await cleanup.run();
  await Promise.all([gateway.stop(), replica.stop()]);
  await vhost.drop();
  file.remove();
});

interface Told {
  readonly status: number;
  readonly code: unknown;
  readonly taskId: string;
}

async function call(
  key: string,
  method: string,
  path: string,
  body?: unknown,
  on: RunningGateway = gateway,
): Promise<Told> {
  const response = await fetch(`${on.url}${path}`, {
    method,
    headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, code: answer.code, taskId: String(answer.task_id) };
}

const submit = (key: string, body: object) => call(key, 'POST', '/rabbitmq/tasks/submit', body);

describe('tasks of a tenant', () => {
  test('are known to its own keys, on each replica, and to keys without a tenant', async () => {
    const { status, taskId } = await submit(acme, { task_name: 'tasks.add' });
    expect(status).toBe(202);
    expect((await call(acme, 'GET', `/rabbitmq/tasks/${taskId}`)).status).toBe(200);
    await until(
      async () => (await call(acme, 'GET', `/rabbitmq/tasks/${taskId}`, undefined, replica)).status === 200,
    );
    expect((await gateway.call('GET', `/rabbitmq/tasks/${taskId}`)).status).toBe(200);
  });

  test('are 404 to others whatever they try, just as a task that never was', async () => {
    const { taskId } = await submit(acme, { task_name: 'tasks.add' });
    for (const [method, path] of [
      ['GET', `/rabbitmq/tasks/${taskId}`],
      ['GET', `/rabbitmq/tasks/${taskId}?wait=1`],
      ['DELETE', `/rabbitmq/tasks/${taskId}?terminate=true`],
    ] as const) {
      expect(await call(other, method, path)).toMatchObject({ status: 404, code: 'TASK_NOT_FOUND' });
    }
    const unknown = await call(other, 'GET', '/rabbitmq/tasks/never-was');
    expect(unknown).toMatchObject({ status: 404, code: 'TASK_NOT_FOUND' });
  });

  test('cannot be taken over by submitting under their id, nor disowned by a forged header', async () => {
    const { taskId } = await submit(acme, { task_name: 'tasks.add' });
    const taken = await submit(other, { task_name: 'tasks.add', task_id: taskId });
    expect(taken).toMatchObject({ status: 403, code: 'NAME_NOT_ALLOWED' });
    const forged = await submit(other, { task_name: 'tasks.add', headers: { gateway_tenant: 'acme' } });
    expect((await call(acme, 'GET', `/rabbitmq/tasks/${forged.taskId}`)).status).toBe(404);
    expect((await call(acme, 'GET', `/rabbitmq/tasks/${taskId}`)).status).toBe(200);
  });

  test('without a tenant are 404 to tenants', async () => {
    const { body } = await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add' });
    expect((await call(acme, 'GET', `/rabbitmq/tasks/${body.task_id}`)).status).toBe(404);
  });
});

describe('what workers run', () => {
  test('is told to a tenant only as far as it is its own', async () => {
    const worker = await cleanup.stops(
      startTypeScriptWorker({ brokerUrl: vhost.url, queues: ['slow'], concurrency: 2, name: 'slow@here' }),
    );
    const slow = { task_name: 'interop.sleep', args: [60], queue: 'slow' };
    const [mine, theirs] = [await submit(acme, slow), await submit(other, slow)];
    expect([mine.status, theirs.status]).toEqual([202, 202]);
    const activeFor = async (key: string): Promise<readonly string[]> => {
      const response = await fetch(`${gateway.url}/rabbitmq/tasks/active`, { headers: { 'X-API-Key': key } });
      const { workers } = (await response.json()) as ActiveBody;
      return Object.values(workers).flatMap(({ tasks }) => tasks.map(({ task_id: id }) => id));
    };
    await until(async () => (await activeFor(keyOf('admin'))).length === 2, { timeoutMs: 30_000 });
    expect(await activeFor(acme)).toEqual([mine.taskId]);
    expect(await activeFor(other)).toEqual([theirs.taskId]);
    expect(await activeFor(reports)).toEqual([]);
    await worker.stop('SIGKILL');
  }, 60_000);
});

describe('a key limited to tasks and queues', () => {
  test.each<readonly [string, object, number]>([
    ['its task on its queue', { task_name: 'reports.daily', queue: 'reports' }, 202],
    ['another task', { task_name: 'users.delete', queue: 'reports' }, 403],
    ['another queue', { task_name: 'reports.daily', queue: 'payroll' }, 403],
    ['the default queue', { task_name: 'reports.daily' }, 403],
    ['an exchange', { task_name: 'reports.daily', exchange: 'amq.topic', routing_key: 'x' }, 403],
    [
      'another task as a callback',
      {
        task_name: 'reports.daily',
        queue: 'reports',
        link: [{ task_name: 'users.delete', queue: 'reports' }],
      },
      403,
    ],
    [
      'another task as a callback of a callback',
      {
        task_name: 'reports.daily',
        queue: 'reports',
        link: [
          {
            task_name: 'reports.mail',
            queue: 'reports',
            link_error: [{ task_name: 'users.delete', queue: 'reports' }],
          },
        ],
      },
      403,
    ],
  ])('submits %s: %o is %i', async (_what, body, status) => {
    expect((await submit(reports, body)).status).toBe(status);
  });
});

describe('the key file', () => {
  test('a key that is added works, and one that is revoked does not, on every gateway within seconds', async () => {
    const added = file.add('late', { role: 'reader' });
    const status = async (on: RunningGateway) =>
      (await call(added, 'GET', '/rabbitmq/tasks/x', undefined, on)).status;
    await until(async () => (await status(gateway)) === 404 && (await status(replica)) === 404);
    file.add('late', { role: 'reader', revokedAt: Date.now() });
    await until(async () => (await status(gateway)) === 401 && (await status(replica)) === 401);
  });
});
