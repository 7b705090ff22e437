import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess } from '../support/processes';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

/** Each where a careless line of code would print it; a scan of all output must find none. */
const canary = (where: string): string => `CANARY${where}${randomBytes(6).toString('hex')}`;
const secrets = {
  brokerPassword: canary('broker'),
  redisPassword: canary('redis'),
  passphrase: canary('passphrase'),
  argument: canary('argument'),
  query: canary('query'),
  wrongKey: canary('wrong'),
  pepper: canary('pepper'),
  auditKey: canary('auditkey'),
  counterPassword: canary('counters'),
  positional: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
};

describe('what a gateway prints and answers', () => {
  const user = `scan-${randomBytes(4).toString('hex')}`;
  const fileSecret = randomBytes(32).toString('base64url');
  const fileHash = createHash('sha256').update(fileSecret).digest('hex');
  const keyFile = join(tmpdir(), `${user}.json`);
  const cleanup = new Cleanup();
  const answers: string[] = [];
  let vhost: TestVhost;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    vhost = await createVhost('secrets');
    cleanup.does(() => vhost.drop());
    await rabbitmqctl('add_user', user, secrets.brokerPassword);
    cleanup.does(() => rabbitmqctl('delete_user', user));
    await rabbitmqctl('set_permissions', '-p', vhost.name, user, '.*', '.*', '.*');
    await writeFile(keyFile, JSON.stringify([{ id: 'file', role: 'reader', hash: fileHash }]), {
      mode: 0o600,
    });
    const url = new URL(vhost.url);
    url.username = user;
    url.password = secrets.brokerPassword;
    gateway = await cleanup.stops(
      GatewayProcess.start({
        // The second one is down, so that failures to connect are in the log too.
        brokerUrl: `${url.toString()};amqp://${user}:${secrets.brokerPassword}@127.0.0.1:1/`,
        resultBackend: `redis://:${secrets.redisPassword}@127.0.0.1:1/0`,
        env: {
          LOG_LEVEL: 'debug',
          GATEWAY_ACCESS_LOG: 'all',
          GATEWAY_API_KEYS_FILE: keyFile,
          RABBITMQ_TLS_KEY_PASSPHRASE: secrets.passphrase,
          RABBITMQ_BACKOFF_INITIAL_MS: '20',
          GATEWAY_KEY_PEPPER: secrets.pepper,
          GATEWAY_AUDIT_FILE: `${keyFile}.audit`,
          GATEWAY_AUDIT_KEY: secrets.auditKey,
          RATE_LIMIT_REDIS_URL: `redis://:${secrets.counterPassword}@127.0.0.1:1/0`,
        },
      }),
    );
    await until(async () => (await call('POST', '/rabbitmq/tasks/submit', task)).status === 202);
  });

  afterAll(() => cleanup.run());

  const task = {
    task_name: 'interop.login',
    args: [secrets.positional],
    kwargs: { password: secrets.argument, nested: { 'api-key': secrets.argument } },
    queue: 'login',
  };

  async function call(method: string, path: string, body?: unknown, headers = {}) {
    const answer = await gateway.request(method, path, body, headers);
    answers.push(JSON.stringify([answer.status, [...answer.headers], answer.body]));
    return answer;
  }

  it('holds no password, key, argument or query, whatever goes wrong', async () => {
    const bearer = (key: string) => ({ 'X-API-Key': '', Authorization: `Bearer ${key}` });
    await call('GET', '/health/ready');
    expect(
      (await call('GET', '/rabbitmq/tasks/active', undefined, { 'X-API-Key': `cgw_file_${fileSecret}` }))
        .status,
    ).toBe(200);
    expect((await call('GET', '/rabbitmq/tasks/x', undefined, bearer(secrets.wrongKey))).status).toBe(401);
    expect(
      (await call('GET', '/rabbitmq/tasks/x', undefined, bearer(`cgw_admin_${secrets.wrongKey}`))).status,
    ).toBe(401);
    const { body: accepted } = await call('POST', '/rabbitmq/tasks/submit', task);
    await call('POST', '/rabbitmq/keys', { id: 'made', role: 'reader' }, { 'X-Reason': 'a test' });
    for (const path of [
      `/rabbitmq/tasks/${accepted.task_id}`,
      '/rabbitmq/tasks',
      '/rabbitmq/keys',
      '/rabbitmq/audit',
      '/rabbitmq/queues/login/messages',
      '/rabbitmq/workers',
    ]) {
      await call('GET', path);
    }
    for (const path of ['/metrics', '/openapi.json']) {
      const response = await fetch(`${gateway.url}${path}`, { headers: { 'X-API-Key': gateway.keys.admin } });
      answers.push(await response.text());
    }
    const keyWithWrongSecret = `ck_live_made_${randomBytes(32).toString('base64url')}`;
    expect((await call('GET', '/rabbitmq/tasks/x', undefined, bearer(keyWithWrongSecret))).status).toBe(401);
    expect((await call('GET', `/rabbitmq/tasks/x?key=${secrets.query}`)).status).toBe(400);
    expect((await call('POST', '/rabbitmq/tasks/submit', { ...task, args: secrets.argument })).status).toBe(
      400,
    );
    expect(
      (await call('POST', '/rabbitmq/tasks/submit', { ...task, headers: { CC: [secrets.argument] } })).status,
    ).toBe(400);
    await rabbitmqctl('change_password', user, 'another');
    await rabbitmqctl(
      'eval',
      `[rabbit_networking:close_connection(proplists:get_value(pid, I), "test") || I <- rabbit_networking:connection_info_all([pid, user]), proplists:get_value(user, I) =:= <<"${user}">>].`,
    );
    await until(async () => (await call('GET', '/health/ready')).body.status === 'not_ready');
    await until(() => gateway.process.output.includes('ACCESS_REFUSED'));
    expect((await call('POST', '/rabbitmq/tasks/submit', task)).status).toBe(503);
    await gateway.stop();

    const { output } = gateway.process;
    expect(output).toContain('Connected to RabbitMQ');
    // `cgw_<id>_<secret>`; the secret's own alphabet has the underscore too.
    const keys = Object.values(gateway.keys).map((key) => key.split('_').slice(2).join('_'));
    const hidden = [
      ...Object.values(secrets),
      ...keys,
      fileSecret,
      fileHash,
      keyWithWrongSecret.slice('ck_live_made_'.length),
    ];
    const onRecord = await readFile(`${keyFile}.audit`, 'utf8');
    expect(onRecord).toContain('createKey');
    expect(hidden.filter((secret) => onRecord.includes(secret))).toEqual([]);
    expect(hidden.filter((secret) => output.includes(secret))).toEqual([]);
    expect(hidden.filter((secret) => answers.some((answer) => answer.includes(secret)))).toEqual([]);
  });

  it('is one JSON object a line', () => {
    const lines = gateway.process.output.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
  });

  it('names settings that cannot be used, without their values', async () => {
    const start = GatewayProcess.start({
      brokerUrl: `amqp://u:${secrets.brokerPassword}@bad host/`,
      env: { GATEWAY_API_KEYS: `ci:root:${secrets.wrongKey}` },
    });
    const message = await start.then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(message).toContain('CELERY_BROKER_URL');
    expect(message).toContain('GATEWAY_API_KEYS');
    expect(message).not.toContain(secrets.brokerPassword);
    expect(message).not.toContain(secrets.wrongKey);
  });
});
