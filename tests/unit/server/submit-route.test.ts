import request from 'supertest';
import { ConnectionError, QueueError } from '../../../amqp';
import type { SubmittedTask, TaskSubmission } from '../../../celery';
import type { MessagingService } from '../../../server/messaging';
import { keyOf, testApp } from '../../support/gateway-app';

const submitted = (taskId: string) => ({ taskId, queue: 'celery' }) as SubmittedTask;

/** Messaging that takes every task and remembers it. */
function accepting(): { readonly tasks: TaskSubmission[]; readonly messaging: Partial<MessagingService> } {
  const tasks: TaskSubmission[] = [];
  const submitTask = async (task: TaskSubmission): Promise<SubmittedTask> => {
    tasks.push(task);
    return submitted('t1');
  };
  return { tasks, messaging: { submitTask } };
}

const post = (
  app: Parameters<typeof request>[0],
  path: string,
  role: 'reader' | 'submitter' | 'admin' = 'admin',
) =>
  request(app)
    .post(path)
    .set('Authorization', `Bearer ${keyOf(role)}`)
    .set('Content-Type', 'application/json');

describe('POST /rabbitmq/tasks/submit', () => {
  test('a confirmed task is 202 with its place', async () => {
    const { tasks, messaging } = accepting();
    const { app } = testApp({ messaging });
    const response = await post(app, '/rabbitmq/tasks/submit', 'submitter').send(
      '{"task_name":"tasks.add","args":[1],"kwargs":{"y":2},"queue":"q","countdown":3,"time_limit":9}',
    );
    expect(response.status).toBe(202);
    expect(response.headers.location).toBe('/rabbitmq/tasks/t1');
    expect(response.body).toEqual({ task_id: 't1', status: 'PENDING', result: null, error: null });
    expect(tasks).toEqual([
      {
        name: 'tasks.add',
        args: [1],
        kwargs: { y: 2 },
        options: expect.objectContaining({ queue: 'q', countdownSeconds: 3, timeLimitSeconds: 9 }),
      },
    ]);
  });

  test.each([
    ['{', 400, 'BODY_MALFORMED'],
    ['', 400, 'BODY_MALFORMED'],
    ['null', 400, 'REQUEST_INVALID'],
    ['[]', 400, 'REQUEST_INVALID'],
    ['{"args":[]}', 400, 'REQUEST_INVALID'],
    ['{"task_name":"x","unknown":1}', 400, 'REQUEST_INVALID'],
    ['{"task_name":"x","priority":"1"}', 400, 'REQUEST_INVALID'],
    ['{"task_name":"x","kwargs":[]}', 400, 'REQUEST_INVALID'],
    ['{"task_name":"x","countdown":1,"eta":"2030-01-01T00:00:00Z"}', 400, 'REQUEST_INVALID'],
    ['{"task_name":"x","args":[9007199254740993]}', 400, 'BODY_MALFORMED'],
    ['{"task_name":"x","kwargs":{"__proto__":1}}', 400, 'BODY_MALFORMED'],
    ['{"task_name":"x","queue":"amq.x"}', 403, 'NAME_NOT_ALLOWED'],
    [`{"task_name":"x","args":["${'a'.repeat(300_000)}"]}`, 413, 'BODY_TOO_LARGE'],
  ])('%.60s is refused with %i %s, and nothing is submitted', async (body, status, code) => {
    const { tasks, messaging } = accepting();
    const response = await post(testApp({ messaging }).app, '/rabbitmq/tasks/submit').send(body);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.body).toMatchObject({ status, code });
    expect(response.status).toBe(status);
    expect(tasks).toEqual([]);
  });

  test.each([
    ['text/plain', undefined],
    ['application/json; charset=utf-7', undefined],
    ['application/x-www-form-urlencoded', undefined],
    ['application/json', 'compress'],
  ])('content type %s with encoding %s is 415', async (type, encoding) => {
    const call = post(testApp().app, '/rabbitmq/tasks/submit').set('Content-Type', type);
    const response = await (encoding === undefined ? call : call.set('Content-Encoding', encoding)).send(
      '{}',
    );
    expect(response.body).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  test('bytes that are not UTF-8 are refused', async () => {
    const body = Buffer.from([0x22, 0xff, 0x22]);
    const call = post(testApp().app, '/rabbitmq/tasks/submit').serialize(
      (given) => given as unknown as string,
    );
    expect((await call.send(body)).body).toMatchObject({ code: 'BODY_MALFORMED' });
  });

  test("Celery's own tasks need an admin key", async () => {
    const { app } = testApp(accepting());
    const body = '{"task_name":"celery.backend_cleanup"}';
    expect((await post(app, '/rabbitmq/tasks/submit', 'submitter').send(body)).status).toBe(403);
    expect((await post(app, '/rabbitmq/tasks/submit', 'admin').send(body)).status).toBe(202);
  });

  test('while the broker is away it is 503 with Retry-After', async () => {
    const error = new ConnectionError('BROKER_UNREACHABLE', 'away', { retryable: true });
    const { app } = testApp({ messaging: { submitTask: () => Promise.reject(error) } });
    const response = await post(app, '/rabbitmq/tasks/submit').send('{"task_name":"x"}');
    expect(response.body).toMatchObject({ status: 503, code: 'BROKER_UNREACHABLE' });
    expect(response.headers['retry-after']).toBe('2');
  });

  test('an unknown outcome is 504 with the task id', async () => {
    const error = new QueueError('PUBLISH_UNKNOWN', 'no confirm', { details: { taskId: 't9' } });
    const { app } = testApp({ messaging: { submitTask: () => Promise.reject(error) } });
    const response = await post(app, '/rabbitmq/tasks/submit').send('{"task_name":"x"}');
    expect(response.body).toMatchObject({ status: 504, code: 'PUBLISH_UNKNOWN', task_id: 't9' });
  });

  test('while the gateway stops it is 503, and readiness too', async () => {
    const { app, drain } = testApp(accepting());
    drain.begin();
    const response = await post(app, '/rabbitmq/tasks/submit').send('{"task_name":"x"}');
    expect(response.body).toMatchObject({ status: 503, code: 'SHUTTING_DOWN' });
    expect((await request(app).get('/health/ready')).body).toMatchObject({ status: 'stopping' });
  });
});
