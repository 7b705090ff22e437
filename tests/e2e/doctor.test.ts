import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Finding } from '../../scripts/diagnosis/finding';
import type { LoadReport } from '../../scripts/load-generator/tally';
import { CelerySession } from '../support/celery-session';
import { Cleanup } from '../support/cleanup';
import { storedKeys } from '../support/gateway-app';
import { GatewayProcess } from '../support/processes';
import { REPOSITORY } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

interface Ended {
  readonly status: number;
  readonly text: string;
}

/** Runs a program of scripts/ with this environment and no other settings. */
function script(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    execFile(
      join(REPOSITORY, 'scripts', name),
      args,
      { env: { PATH, HOME, ...env }, timeout: 45_000 },
      (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });
}

const cleanup = new Cleanup();
let vhost: TestVhost;

beforeAll(async () => {
  vhost = await createVhost('doctor');
  cleanup.does(() => vhost.drop());
});

afterAll(() => cleanup.run());

describe('scripts/doctor', () => {
  async function examine(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const { status, text } = await script('doctor', ['--json', ...args], {
      RABBITMQ_ENABLED: 'true',
      ...env,
    });
    const { findings } = JSON.parse(text) as { readonly findings: readonly Finding[] };
    const of = (check: string): Finding | undefined => findings.find((one) => one.check === check);
    return { status, text, findings, of };
  }

  test('finds nothing to mend where all is well, and leaves nothing behind', async () => {
    const { status, findings, of } = await examine(
      {
        CELERY_BROKER_URL: vhost.url,
        CELERY_RESULT_BACKEND: testRedisUrl(),
        GATEWAY_API_KEYS: storedKeys,
      },
      '--rabbitmqctl',
      process.env.TEST_RABBITMQCTL ?? 'rabbitmqctl',
    );

    expect(findings.filter(({ state }) => state === 'problem')).toEqual([]);
    expect(status).toBe(0);
    for (const check of ['Node', 'settings', 'API keys', 'permissions', 'streams', 'result backend', 'clock'])
      expect(of(check)).toMatchObject({ state: 'ok' });
    expect(of('consumer_timeout')?.detail).toMatch(/min|for ever/);
    expect(await rabbitmqctl('list_queues', '-p', vhost.name, 'name')).not.toContain('doctor');
  });

  test('names what a user may not do, what a queue differs in, and that nobody could call', async () => {
    const user = `doctor-${randomUUID().slice(0, 8)}`;
    const password = `CANARY${randomBytes(8).toString('hex')}`;
    await rabbitmqctl('add_user', user, password);
    cleanup.does(() => rabbitmqctl('delete_user', user));
    await rabbitmqctl('set_permissions', '-p', vhost.name, user, '^reports$', '.*', '.*');
    const session = await CelerySession.open(vhost.url);
    await session.topology.declareQueue({ name: 'reports', arguments: { 'x-max-priority': 5 } });
    await session.stop();
    const url = new URL(vhost.url);
    [url.username, url.password] = [user, password];

    const { status, text, of } = await examine({
      CELERY_BROKER_URL: url.toString(),
      CELERY_TASK_DEFAULT_QUEUE: 'reports',
      RATE_LIMIT_REDIS_URL: 'redis://127.0.0.1:1/0',
    });

    expect(status).toBe(1);
    expect(text).not.toContain(password);
    expect(of('API keys')).toMatchObject({ state: 'problem', fix: expect.stringContaining('scripts/keys') });
    expect(of('permissions')).toMatchObject({
      state: 'problem',
      detail: expect.stringContaining('configure'),
    });
    expect(of('streams')).toMatchObject({ state: 'warning' });
    expect(of('queue reports')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('x-max-priority=5'),
      fix: expect.stringContaining('queue_arguments'),
    });
    expect(of('rate limit counters')).toMatchObject({ state: 'problem' });
    expect(of('consumer_timeout')).toMatchObject({ state: 'skipped', fix: expect.stringContaining('eval') });
  });

  test('says which settings cannot be used, and what keeps it from the broker', async () => {
    const bad = await examine({ GATEWAY_PORT: 'CANARYport' });
    expect(bad.status).toBe(1);
    expect(bad.of('GATEWAY_PORT')).toMatchObject({ state: 'problem' });
    expect(bad.text).not.toContain('CANARYport');

    const away = await examine({
      CELERY_BROKER_URL: 'amqp://guest:guest@127.0.0.1:1/',
      GATEWAY_API_KEYS: storedKeys,
    });
    expect(away.status).toBe(1);
    expect(away.of('RabbitMQ')).toMatchObject({
      state: 'problem',
      detail: expect.stringContaining('127.0.0.1:1'),
    });
  });

  test('explains itself, and refuses what it does not know', async () => {
    const help = await script('doctor', ['--help'], {});
    expect(help).toMatchObject({ status: 0, text: expect.stringContaining('Exit status') });
    expect((await script('doctor', ['--nonsense'], {})).status).toBe(2);
  });
});

describe('scripts/loadgen', () => {
  test('keeps the rate it is given and counts what was accepted and refused', async () => {
    const gateway = await cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url }));
    const options = ['--json', '--url', gateway.url, '--duration', '2s', '--connections', '8'];
    const key = { GATEWAY_KEY: gateway.keys.submitter };

    const paced = await script('loadgen', [...options, '--rate', '50', '--queue', 'load'], key);
    const report = JSON.parse(paced.text) as LoadReport;
    expect(paced.status).toBe(0);
    expect(report).toMatchObject({ accepted: report.offered, refused: {}, unknown: 0 });
    expect(report.offered).toBeGreaterThan(10);
    expect(report.offered).toBeLessThanOrEqual(101);
    expect(report.latencyMs?.p99).toBeGreaterThanOrEqual(report.latencyMs?.p50 ?? Number.NaN);
    const queues = await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages');
    expect(queues.split('\n')).toContain(`load\t${report.accepted}`);

    const refused = await script('loadgen', [...options, '--rate', '20'], { GATEWAY_KEY: 'wrong' });
    expect(refused.status).toBe(1);
    expect((JSON.parse(refused.text) as LoadReport).refused).toMatchObject({
      '401 UNAUTHENTICATED': expect.any(Number),
    });

    const table = await script('loadgen', [...options.slice(1), '--rate', '10', '--queue', 'load'], key);
    expect(table.text).toMatch(/^accepted per second +\d/m);
  });

  test('explains itself, and asks for a key', async () => {
    const help = await script('loadgen', ['--help'], {});
    expect(help).toMatchObject({ status: 0, text: expect.stringContaining('--connections') });
    expect((await script('loadgen', ['--duration', 'soon'], {})).status).toBe(2);
    expect((await script('loadgen', [], {})).status).toBe(2);
  });
});
