import { PassThrough } from 'node:stream';
import request from 'supertest';
import { createLogger } from '../../../runtime';
import { keyOf, testApp } from '../../support/gateway-app';
import { createKeyFile } from '../../support/key-file';
import { until } from '../../support/until';

const admin = { 'X-API-Key': keyOf('admin') };

function gateway() {
  const stream = new PassThrough();
  const written = { text: '' };
  stream.on('data', (data: Buffer) => {
    written.text += data.toString();
  });
  const logger = createLogger({ level: 'warn', format: 'json', service: 'test', stream });
  const { app } = testApp({ logger, env: { LOG_LEVEL: 'warn', GATEWAY_INSTANCE: 'gateway-a' } });
  const put = (body: object, headers: Record<string, string> = admin) =>
    request(app).put('/rabbitmq/log-level').set(headers).send(body);
  return { app, logger, written, put };
}

describe('/rabbitmq/log-level', () => {
  test('changes what is logged from the next line on, says so in the log, and is in the audit log with its reason', async () => {
    const { app, logger, written, put } = gateway();
    const before = await request(app).get('/rabbitmq/log-level').set(admin);
    expect(before.body).toEqual({ gateway: 'gateway-a', level: 'warn', configured: 'warn', until: null });
    logger.debug('too quiet');

    const changed = await put({ level: 'debug' }, { ...admin, 'X-Reason': 'a look at its connections' });
    expect([changed.status, changed.body.level, changed.body.configured]).toEqual([200, 'debug', 'warn']);
    logger.debug('heard');
    await put({ level: 'error' });
    logger.warn('too quiet again');
    logger.error('the end');
    await until(() => written.text.includes('the end'));
    expect(written.text).toContain('heard');
    expect(written.text).toContain('"from":"warn","to":"debug","by":"the key admin"');
    expect(written.text).not.toContain('too quiet');

    const audited = await request(app).get('/rabbitmq/audit?operation=setLogLevel').set(admin);
    expect(audited.body.items).toHaveLength(2);
    expect(audited.body.items[1]).toMatchObject({
      key_id: 'admin',
      target: { level: 'debug' },
      reason: 'a look at its connections',
      outcome: 'done',
    });
  });

  test('a level for a time tells when it ends', async () => {
    const { app, put } = gateway();
    const { body } = await put({ level: 'debug', for_seconds: 600 });
    const seconds = (Date.parse(body.until) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(600);
    const { body: ended } = await put({ level: 'warn' });
    expect(ended.until).toBeNull();
    expect((await request(app).get('/rabbitmq/log-level').set(admin)).body).toEqual(ended);
  });

  test.each([{}, { level: 'loud' }, { level: 'debug', for_seconds: 0 }, { level: 'debug', all: true }])(
    '%o is 400 and changes nothing',
    async (body) => {
      const { app, put } = gateway();
      expect((await put(body)).body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
      expect((await request(app).get('/rabbitmq/log-level').set(admin)).body.level).toBe('warn');
    },
  );

  test('needs the scope logs:manage', async () => {
    const file = createKeyFile();
    try {
      const logs = file.add('logs', { scopes: ['logs:manage'] });
      const keys = file.add('keys', { scopes: ['keys:manage'] });
      const { app } = testApp({ env: file.env });
      const get = (key: string) => request(app).get('/rabbitmq/log-level').set('X-API-Key', key);
      expect([(await get(logs)).status, (await get(keys)).status]).toEqual([200, 403]);
    } finally {
      file.remove();
    }
  });
});
