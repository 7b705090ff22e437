import request from 'supertest';
import { keyOf, testApp } from '../../../support/gateway-app';

const { app } = testApp();
const task = { task_name: 'tasks.add', args: [1, 2] };
const send = (
  method: 'post' | 'put' | 'patch',
  path: string,
  body: object,
  role: 'reader' | 'admin' = 'admin',
) => request(app)[method](`/rabbitmq/schedules${path}`).set('X-API-Key', keyOf(role)).send(body);

describe('what is wrong with a schedule is said when it is made', () => {
  test.each([
    ['no times', { task }, undefined],
    ['two kinds of times', { cron: '* * * * *', interval_seconds: 5, task }, undefined],
    ['no task', { cron: '* * * * *' }, '/task'],
    ['a task with an id of its own', { cron: '* * * * *', task: { ...task, task_id: 'x' } }, '/task/task_id'],
    ['a cron expression that is none', { cron: '61 * * * *', task }, '/cron'],
    ['a cron expression that never comes', { cron: '0 0 31 2 *', task }, '/cron'],
    ['a time zone that is none', { cron: '* * * * *', timezone: 'Mars/Olympus', task }, '/timezone'],
    ['a time zone without cron', { interval_seconds: 5, timezone: 'UTC', task }, undefined],
    ['an interval below a second', { interval_seconds: 0.5, task }, '/interval_seconds'],
    ['an end in the past', { interval_seconds: 5, ends_at: '2020-01-01T00:00:00Z', task }, '/ends_at'],
    [
      'a moment without an offset',
      { interval_seconds: 5, starts_at: '2999-01-01T00:00', task },
      '/starts_at',
    ],
    ['a policy that is none', { interval_seconds: 5, missed: 'all', task }, '/missed'],
  ])('%s', async (_what, body, pointer) => {
    const answer = await send('post', '', body);
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    if (pointer !== undefined) expect(answer.body.errors).toMatchObject([{ pointer }]);
  });

  test('a queue that may not be named', async () => {
    const body = { interval_seconds: 5, task: { ...task, queue: 'celery-gateway.results' } };
    expect((await send('post', '', body)).body).toMatchObject({
      code: 'NAME_NOT_ALLOWED',
      errors: [{ pointer: '/task/queue' }],
    });
  });

  test('a task that no worker could read', async () => {
    const body = { interval_seconds: 5, task: { ...task, headers: { id: 'x' } } };
    const answer = await send('post', '', body);
    expect(answer.body.code).toBe('TASK_INVALID');
    expect(answer.body.errors[0].pointer).toMatch(/^\/task\/headers/);
  });
});

test('a preview needs no broker', async () => {
  const { status, body } = await send(
    'post',
    '/preview',
    { cron: '0 0 1 1 *', timezone: 'Asia/Tokyo', count: 2 },
    'reader',
  );
  expect(status).toBe(200);
  expect(body.times).toHaveLength(2);
  for (const time of body.times as string[]) expect(time).toMatch(/-12-31T15:00:00\.000Z$/);
});

test('while messaging is off, nothing is kept and that is said', async () => {
  const body = { interval_seconds: 5, task };
  expect((await send('post', '', body)).body.code).toBe('MESSAGING_DISABLED');
  const list = await request(app).get('/rabbitmq/schedules').set('X-API-Key', keyOf('reader'));
  expect(list.body.code).toBe('MESSAGING_DISABLED');
});

test('readers may look and not change', async () => {
  expect((await send('put', '/s', { interval_seconds: 5, task }, 'reader')).status).toBe(403);
});
