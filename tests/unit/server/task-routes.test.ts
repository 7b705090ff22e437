import request from 'supertest';
import { keyOf, testApp } from '../../support/gateway-app';

describe('GET /rabbitmq/tasks/{task_id}', () => {
  const get = (app: Parameters<typeof request>[0], path: string) =>
    request(app).get(path).set('X-API-Key', keyOf('reader'));
  const unknown = { meta: null, task: undefined };

  test('an unknown task is 404', async () => {
    const { app } = testApp({ messaging: { findTask: async () => unknown } });
    expect((await get(app, '/rabbitmq/tasks/t1')).body).toMatchObject({
      status: 404,
      code: 'TASK_NOT_FOUND',
    });
  });

  test('Prefer: wait is bounded, applied and said so', async () => {
    const waits: number[] = [];
    const messaging = {
      findTask: async () => unknown,
      awaitTask: async (_id: string, ms: number) => {
        waits.push(ms);
        return null;
      },
    };
    const { app } = testApp({ messaging, env: { GATEWAY_WAIT_MAX_SECONDS: '5' } });
    await get(app, '/rabbitmq/tasks/t1').set('Prefer', 'respond-async, wait=100');
    await get(app, '/rabbitmq/tasks/t1?wait=0.5');
    expect(waits).toEqual([5000, 500]);
  });

  test('who waited is answered with the result that came, also where the store has dropped it since', async () => {
    const meta = {
      task_id: 't1',
      status: 'SUCCESS',
      result: 5,
      traceback: null,
      children: [],
      date_done: null,
    };
    const messaging = { findTask: async () => unknown, awaitTask: async () => ({ ...unknown, meta }) };
    const { body } = await get(testApp({ messaging }).app, '/rabbitmq/tasks/t1?wait=5');
    expect(body).toMatchObject({ status: 'SUCCESS', state: 'SUCCESS', result: 5 });
  });

  test('a bad wait is 400', async () => {
    expect((await get(testApp().app, '/rabbitmq/tasks/t1?wait=soon')).body).toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  test('a path that cannot be decoded is 400', async () => {
    expect((await get(testApp().app, '/rabbitmq/tasks/%E0%A4%A')).status).toBe(400);
  });

  test('integers beyond 2^53 in a result are told exactly, as text', async () => {
    const meta = {
      task_id: 't1',
      status: 'SUCCESS',
      result: 2n ** 60n,
      traceback: null,
      children: [],
      date_done: null,
    };
    const { app } = testApp({ messaging: { findTask: async () => ({ ...unknown, meta }) } });
    expect((await get(app, '/rabbitmq/tasks/t1')).body.result).toBe('1152921504606846976');
  });
});

describe('control of workers', () => {
  test('active tasks come by worker; a hostile reply is contained', async () => {
    const task = {
      id: 't1',
      name: 'tasks.add',
      args: [1],
      kwargs: {},
      time_start: 1_700_000_000.5,
      secret: 'x',
    };
    const active = { replies: { 'a@h': [task, 7], 'b@h': 'nonsense' }, missing: ['c@h'] };
    const { app } = testApp({ messaging: { activeTasks: async () => active } });
    const { body } = await request(app).get('/rabbitmq/tasks/active').set('X-API-Key', keyOf('reader'));
    expect(body.workers['a@h'].tasks).toHaveLength(1);
    expect(body.workers['a@h'].tasks[0]).toMatchObject({
      task_id: 't1',
      started_at: '2023-11-14T22:13:20.500Z',
    });
    expect(body.workers['a@h'].tasks[0]).not.toHaveProperty('secret');
    expect(body.workers['b@h']).toMatchObject({ tasks: [], error: 'nonsense' });
    expect(body.no_reply).toEqual(['c@h']);
  });
});
