import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Cleanup } from '../../support/cleanup';
import { REPOSITORY } from '../../support/python';
import { testRedisUrl } from '../../support/redis';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';

const run = promisify(execFile);
const NAME = `test:api-keys:${randomUUID()}`;
const PEPPER = `pepper-${randomUUID()}`;
const cleanup = new Cleanup();

/** Keys are looked at before messaging: who is let in is told that it is off. */
const LET_IN = 503;

/** How long a change may take to be known everywhere. */
const SEEN_WITHIN_MS = 5000;

const settings = (url: string): Record<string, string> => ({
  RABBITMQ_ENABLED: 'false',
  GATEWAY_API_KEYS_REDIS_URL: url,
  GATEWAY_API_KEYS_REDIS_NAME: NAME,
  GATEWAY_KEY_PEPPER: PEPPER,
  // The most that may be set is five seconds; a busy machine needs some of them for itself.
  GATEWAY_KEYS_RELOAD_INTERVAL_MS: '500',
});

const start = (url = testRedisUrl()): Promise<RunningGateway> => cleanup.stops(startGateway(settings(url)));

async function asked(gateway: RunningGateway, key: string): Promise<readonly [number, unknown]> {
  const response = await fetch(`${gateway.url}/rabbitmq/tasks/active`, { headers: { 'X-API-Key': key } });
  return [response.status, ((await response.json()) as { code: unknown }).code];
}
const knows = async (gateway: RunningGateway, key: string): Promise<boolean> =>
  (await asked(gateway, key))[1] === 'MESSAGING_DISABLED';

/** scripts/keys with no settings but these. */
const script = (args: readonly string[], env: Record<string, string>) => {
  const { PATH = '', HOME = '' } = process.env;
  return run(join(REPOSITORY, 'scripts', 'keys'), args, { env: { PATH, HOME, ...env } });
};

beforeAll(() => {
  const redis = new Redis(testRedisUrl());
  cleanup.does(async () => {
    await redis.del(NAME);
    redis.disconnect();
  });
});
afterAll(() => cleanup.run());

describe('API keys in Redis', () => {
  test('made, rotated and revoked at one gateway, they are so at the other within five seconds', async () => {
    const [one, two] = [await start(), await start()];
    const made = await one.call('POST', '/rabbitmq/keys', { id: 'ci', role: 'reader' });
    expect(made.status).toBe(201);
    const first = String(made.body.key);
    expect(await knows(one, first)).toBe(true);
    await until(() => knows(two, first), { timeoutMs: SEEN_WITHIN_MS, what: 'the key at the other gateway' });

    const rotated = await two.call('POST', '/rabbitmq/keys/ci/rotate', { overlap_seconds: 0 });
    const second = String(rotated.body.key);
    expect([await knows(two, first), await knows(two, second)]).toEqual([false, true]);
    await until(async () => !(await knows(one, first)) && (await knows(one, second)), {
      timeoutMs: SEEN_WITHIN_MS,
      what: 'the rotation',
    });

    expect((await one.call('DELETE', '/rabbitmq/keys/ci')).status).toBe(200);
    expect(await asked(one, second)).toEqual([401, 'UNAUTHENTICATED']);
    await until(async () => (await asked(two, second))[0] === 401, {
      timeoutMs: SEEN_WITHIN_MS,
      what: 'the revocation',
    });
    const listed = await two.call('GET', '/rabbitmq/keys');
    expect(JSON.stringify(listed.body)).not.toContain(second.slice('ck_live_ci_'.length));
    expect(listed.body.items).toContainEqual(expect.objectContaining({ id: 'ci', managed: true }));
  });

  test('stay in force while Redis is away; what would change them is 503, and it heals by itself', async () => {
    const target = new URL(testRedisUrl());
    const proxy = await cleanup.stops(TcpProxy.start(Number(target.port || 6379)));
    [target.hostname, target.port] = ['127.0.0.1', String(proxy.port)];
    const gateway = await start(target.toString());
    const { body } = await gateway.call('POST', '/rabbitmq/keys', { role: 'reader' });
    const key = String(body.key);
    for (const mode of ['refuse', 'stall'] as const) {
      proxy.mode = mode;
      const refused = await until(async () => {
        const answer = await gateway.call('POST', '/rabbitmq/keys', { role: 'reader' });
        return answer.status === 503 && answer;
      });
      expect(refused.body.code).toBe('KEYS_UNAVAILABLE');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await asked(gateway, key)).toEqual([LET_IN, 'MESSAGING_DISABLED']);
      await until(async () => {
        const { body: health } = await gateway.call('GET', '/health/ready');
        return (health.api_keys as { detail?: string } | undefined)?.detail === 'Redis does not answer';
      });
      expect((await gateway.call('GET', '/health/ready')).status).toBe(200);
      proxy.mode = 'pass';
      await until(
        async () => (await gateway.call('POST', '/rabbitmq/keys', { role: 'reader' })).status === 201,
      );
    }
  }, 60_000);

  test('unknown because Redis is away at the start are 503 and not 401, and readiness says so', async () => {
    const other = await start();
    const { body } = await other.call('POST', '/rabbitmq/keys', { role: 'reader' });
    const key = String(body.key);
    const target = new URL(testRedisUrl());
    const proxy = await cleanup.stops(TcpProxy.start(Number(target.port || 6379)));
    [target.hostname, target.port] = ['127.0.0.1', String(proxy.port)];
    proxy.mode = 'refuse';
    const gateway = await start(target.toString());
    expect(await asked(gateway, key)).toEqual([503, 'KEYS_UNAVAILABLE']);
    expect(await asked(gateway, 'no key at all')).toEqual([401, 'UNAUTHENTICATED']);
    const readiness = await gateway.call('GET', '/health/ready');
    expect([readiness.status, readiness.body.api_keys]).toMatchObject([503, { ready: false, kind: 'redis' }]);
    // Keys of GATEWAY_API_KEYS are known all the time.
    expect((await gateway.call('GET', '/rabbitmq/keys')).status).toBe(200);
    proxy.mode = 'pass';
    await until(() => knows(gateway, key), { timeoutMs: 20_000 });
    expect((await gateway.call('GET', '/health/ready')).status).toBe(200);
  }, 60_000);

  test('are made, listed, rotated, revoked and moved from a file by scripts/keys', async () => {
    const gateway = await start();
    const env = settings(testRedisUrl());
    const created = await script(['create', '--id', 'byhand', '--role', 'reader'], env);
    const key = created.stdout.trim();
    expect(key).toMatch(/^ck_live_byhand_/);
    await until(() => knows(gateway, key), { timeoutMs: SEEN_WITHIN_MS });
    const rotated = (await script(['rotate', 'byhand', '--overlap', '0m'], env)).stdout.trim();
    await until(async () => (await knows(gateway, rotated)) && !(await knows(gateway, key)));
    const listed = (await script(['list'], env)).stdout;
    expect(listed).toContain('"id":"byhand"');
    expect(listed).not.toContain(rotated.slice('ck_live_byhand_'.length));
    await script(['revoke', 'byhand'], env);
    await until(async () => !(await knows(gateway, rotated)), { timeoutMs: SEEN_WITHIN_MS });

    const folder = mkdtempSync(join(tmpdir(), 'moved-keys-'));
    cleanup.does(async () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'keys.json');
    const inFile = ['create', '--file', file, '--id', 'moved', '--role', 'reader'];
    const moved = (await script(inFile, { GATEWAY_KEY_PEPPER: PEPPER })).stdout.trim();
    await script(['import', file], env);
    await until(() => knows(gateway, moved), { timeoutMs: SEEN_WITHIN_MS });
    await expect(script(['import', file], env)).rejects.toMatchObject({
      stderr: expect.stringContaining('There is a key with the id moved'),
    });
  }, 120_000);

  test.each<readonly [string, Record<string, string>, RegExp]>([
    ['no pepper', { GATEWAY_KEY_PEPPER: '' }, /GATEWAY_KEY_PEPPER: is needed/],
    [
      'a file besides',
      { GATEWAY_API_KEYS_FILE: 'keys.json' },
      /GATEWAY_API_KEYS_FILE: cannot be set together/,
    ],
    [
      'a Redis that is not there',
      { GATEWAY_API_KEYS_REDIS_URL: 'redis://:CANARYpassword@127.0.0.1:1/0' },
      /does not answer/,
    ],
  ])('with %s the command says what is wrong, without a secret', async (_what, env, message) => {
    const failing = script(['list'], { ...settings(testRedisUrl()), ...env });
    const { stderr, stdout } = await failing.then(
      () => ({ stderr: 'it went well', stdout: '' }),
      (error: { stderr: string; stdout: string }) => error,
    );
    expect(stderr).toMatch(message);
    expect(stderr + stdout).not.toMatch(new RegExp(`CANARY|${PEPPER}`));
  });
});
