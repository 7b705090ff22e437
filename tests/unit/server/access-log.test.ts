import request from 'supertest';
import type { LevelledLogger, Logger } from '../../../runtime';
import { keyOf, testApp } from '../../support/gateway-app';
import { SilentLogger } from '../../support/silent-logger';

/** The lines of requests that an application logs. */
function logged(env: Readonly<Record<string, string>>) {
  const logger = new SilentLogger();
  const messaging = { submitTask: async () => ({ taskId: 't-9', queue: 'celery' }) };
  const { app } = testApp({
    env,
    logger: logger as unknown as Logger & LevelledLogger,
    messaging: messaging as object,
  });
  const lines = () => logger.lines.filter(({ message }) => message === 'request').map(({ meta }) => meta);
  return { app, lines };
}

describe('the access log', () => {
  test('tells key, route, path, status, duration and task of each request, without its query', async () => {
    const { app, lines } = logged({ GATEWAY_ACCESS_LOG: 'all' });
    const key = { 'X-API-Key': keyOf('submitter'), 'X-Request-Id': 'r-1' };
    await request(app).get('/rabbitmq/tasks/t-1?wait=0&token=CANARY').set(key);
    await request(app).post('/rabbitmq/tasks/submit').set(key).send({ task_name: 'a' });
    expect(lines()).toMatchObject([
      {
        requestId: 'r-1',
        method: 'GET',
        route: '/rabbitmq/tasks/:task_id',
        path: '/rabbitmq/tasks/t-1',
        keyId: 'submitter',
        taskId: 't-1',
        durationMs: expect.any(Number),
      },
      { method: 'POST', route: '/rabbitmq/tasks/submit', status: 202, taskId: 't-9' },
    ]);
    expect(JSON.stringify(lines())).not.toContain('CANARY');
  });

  test('of problems only, it tells their code; switched off, nothing', async () => {
    const { app, lines } = logged({});
    await request(app).get('/health/live');
    await request(app).get('/rabbitmq/tasks/t-1');
    expect(lines()).toMatchObject([{ status: 401, code: 'UNAUTHENTICATED', keyId: undefined }]);
    const off = logged({ GATEWAY_ACCESS_LOG: 'off' });
    await request(off.app).get('/rabbitmq/tasks/t-1');
    expect(off.lines()).toEqual([]);
  });
});
