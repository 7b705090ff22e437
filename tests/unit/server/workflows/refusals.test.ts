import request from 'supertest';
import { keyOf, testApp } from '../../../support/gateway-app';

const task = (task_name: string, rest: object = {}) => ({ type: 'task', task_name, ...rest });
const chain = (...tasks: readonly unknown[]) => ({ type: 'chain', tasks });
const chord = (header: readonly unknown[], body: unknown) => ({ type: 'chord', header, body });
const nested = (depth: number): unknown =>
  depth === 0 ? task('a') : { type: 'group', tasks: [nested(depth - 1)] };

describe('POST /rabbitmq/workflows', () => {
  const env = { WORKFLOW_MAX_NODES: '6', WORKFLOW_MAX_DEPTH: '4', GATEWAY_ALLOWED_QUEUES: 'open*' };
  const { app } = testApp({ env });

  const send = (body: unknown, role: 'submitter' | 'admin' = 'submitter') =>
    request(app)
      .post('/rabbitmq/workflows')
      .set('Authorization', `Bearer ${keyOf(role)}`)
      .send(body as object);

  test.each<readonly [string, unknown, string]>([
    ['a type that does not exist', { type: 'loop', tasks: [] }, '/type'],
    ['no type', { tasks: [task('a')] }, '/type'],
    ['a chain of nothing', chain(), '/tasks'],
    ['a chord without body', { type: 'chord', header: [task('a')] }, '/body'],
    [
      'a bad task deep inside',
      chain(task('a'), chord([task('b'), { type: 'task' }], task('c'))),
      '/tasks/1/header/1/task_name',
    ],
    ['a field nobody knows', chain(task('a', { qeue: 'x' })), '/tasks/0/qeue'],
    ['a map of a canvas', { type: 'map', task: chain(task('a')), items: [1] }, '/task/type'],
    [
      'chunks of nothing at a time',
      { type: 'chunks', task: { task_name: 'a' }, items: [[1]], size: 0 },
      '/size',
    ],
    ['an id used twice', chain(task('a', { task_id: 'x' }), task('b', { task_id: 'x' })), '/tasks/1/task_id'],
    ['more tasks and parts than allowed', chain(...Array.from({ length: 6 }, () => task('a'))), '/tasks/5'],
    [
      'chunks that are more tasks than allowed',
      { type: 'chunks', task: { task_name: 'a' }, items: Array.from({ length: 6 }, () => []), size: 1 },
      '',
    ],
    ['deeper than allowed', nested(4), '/tasks/0/tasks/0/tasks/0/tasks/0'],
  ])('%s is 400 and points to the place', async (_, body, pointer) => {
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('REQUEST_INVALID');
    expect(response.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test.each<readonly [string, unknown, string]>([
    [
      "a task of Celery's own, as the last step",
      chain(task('a'), task('celery.chord_unlock')),
      '/tasks/1/task_name',
    ],
    [
      'a queue that is not open, in a header',
      chord([task('a', { queue: 'secret' })], task('b')),
      '/header/0/queue',
    ],
    ['one in the body of a chord', chord([task('a')], task('b', { queue: 'secret' })), '/body/queue'],
    [
      'one that a map calls',
      { type: 'map', task: { task_name: 'a', queue: 'secret' }, items: [1] },
      '/task/queue',
    ],
    [
      'one for all tasks of a part',
      { type: 'group', tasks: [task('a')], options: { queue: 'secret' } },
      '/tasks/0/queue',
    ],
    [
      'one in a callback',
      chain(task('a', { link: [{ task_name: 'b', queue: 'secret' }] })),
      '/tasks/0/link/0/queue',
    ],
    ['one in an errback', task('a', { link_error: [{ task_name: 'celery.x' }] }), '/link_error/0/task_name'],
  ])('%s is refused as in a single submission', async (_, body, pointer) => {
    const response = await send(body);
    expect(response.status).toBe(403);
    expect(response.body).toMatchObject({ code: 'NAME_NOT_ALLOWED', errors: [{ pointer }] });
  });

  test('what a worker could not take is told in the words of the body', async () => {
    const response = await send(chain(task('a'), task('b', { headers: { task: 'other' } })));
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'TASK_INVALID' });
    expect(response.body.errors[0].pointer).toMatch(/^\/tasks\/1\/headers/);
  });

  test('an administrator may name what others may not; then only the broker is missing', async () => {
    const response = await send(
      chain(task('celery.backend_cleanup'), task('a', { queue: 'open-one' })),
      'admin',
    );
    expect(response.body).toMatchObject({ code: 'MESSAGING_DISABLED' });
  });

  test('a reader may not submit, and an unknown workflow cannot be told of without a broker', async () => {
    const asReader = request(app)
      .post('/rabbitmq/workflows')
      .set('Authorization', `Bearer ${keyOf('reader')}`);
    expect((await asReader.send(task('a'))).status).toBe(403);
    const found = request(app)
      .get('/rabbitmq/workflows/some-id')
      .set('Authorization', `Bearer ${keyOf('reader')}`);
    expect((await found).body).toMatchObject({ code: 'MESSAGING_DISABLED' });
  });
});
