import { gzipSync } from 'node:zlib';
import { keyOf } from '../../support/gateway-app';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const SUBMIT = '/rabbitmq/tasks/submit';
const LIMIT = 4096;
const JSON_TYPE = 'application/json';

let vhost: TestVhost;
let gateway: RunningGateway;

beforeAll(async () => {
  vhost = await createVhost('refusals');
  gateway = await startGateway({ CELERY_BROKER_URL: vhost.url, GATEWAY_BODY_LIMIT_BYTES: String(LIMIT) });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200);
});

afterAll(async () => {
  await gateway.stop();
  await vhost.drop();
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const post = (path: string, body: string | Buffer, headers = {}): Call => ({
  method: 'POST',
  path,
  body,
  headers: { 'content-type': JSON_TYPE, ...headers },
});

const task = (fields: object): Call => post(SUBMIT, JSON.stringify({ task_name: 'a.b', ...fields }));

/** What the whole gateway answers, a real broker behind it. */
const REFUSALS: readonly [string, Call, number, string][] = [
  ['no such path', { method: 'GET', path: '/nowhere' }, 404, 'ROUTE_NOT_FOUND'],
  ['no such path below a prefix', { method: 'GET', path: '/rabbitmq/jobs' }, 404, 'ROUTE_NOT_FOUND'],
  ['a task never heard of', { method: 'GET', path: '/rabbitmq/tasks/no-such' }, 404, 'TASK_NOT_FOUND'],
  ['a queue that is not there', { method: 'GET', path: '/rabbitmq/queues/no/info' }, 404, 'QUEUE_NOT_FOUND'],
  [
    'purging one that is not there',
    { method: 'DELETE', path: '/rabbitmq/queues/no/purge' },
    404,
    'QUEUE_NOT_FOUND',
  ],
  ['PUT on submit', { method: 'PUT', path: SUBMIT }, 405, 'METHOD_NOT_ALLOWED'],
  ['POST on a task', post('/rabbitmq/tasks/t1', '{}'), 405, 'METHOD_NOT_ALLOWED'],
  ['PATCH on active', { method: 'PATCH', path: '/rabbitmq/tasks/active' }, 405, 'METHOD_NOT_ALLOWED'],
  ['POST on readiness', post('/health/ready', '{}'), 405, 'METHOD_NOT_ALLOWED'],
  ['GET on purge', { method: 'GET', path: '/rabbitmq/queues/q/purge' }, 405, 'METHOD_NOT_ALLOWED'],
  ['a body beyond the limit', task({ args: ['x'.repeat(LIMIT)] }), 413, 'BODY_TOO_LARGE'],
  [
    'a small body that grows beyond it',
    post(SUBMIT, gzipSync(`{"task_name":"a.b","args":["${'x'.repeat(LIMIT * 10)}"]}`), {
      'content-encoding': 'gzip',
    }),
    413,
    'BODY_TOO_LARGE',
  ],
  [
    'a form',
    post(SUBMIT, 'task_name=a.b', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['plain text', post(SUBMIT, '{}', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'UTF-7',
    post(SUBMIT, '{}', { 'content-type': `${JSON_TYPE}; charset=utf-7` }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'an unknown compression',
    post(SUBMIT, '{}', { 'content-encoding': 'compress' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['bad gzip', post(SUBMIT, 'no gzip', { 'content-encoding': 'gzip' }), 400, 'REQUEST_INVALID'],
  ['no JSON', post(SUBMIT, '{'), 400, 'BODY_MALFORMED'],
  [
    'a deep body',
    post(SUBMIT, `{"task_name":"a.b","args":${'['.repeat(900)}${']'.repeat(900)}}`),
    400,
    'BODY_MALFORMED',
  ],
  ['an inexact number', post(SUBMIT, '{"task_name":"a.b","args":[9007199254740993]}'), 400, 'BODY_MALFORMED'],
  ['__proto__', post(SUBMIT, '{"task_name":"a.b","kwargs":{"__proto__":{"x":1}}}'), 400, 'BODY_MALFORMED'],
  ['a lone surrogate', post(SUBMIT, '{"task_name":"a.b","args":["\\ud800"]}'), 400, 'BODY_MALFORMED'],
  ['a time limit that is a text', task({ time_limit: 'abc' }), 400, 'REQUEST_INVALID'],
  ['an id that is an object', task({ task_id: {} }), 400, 'REQUEST_INVALID'],
  ['an eta that is no day', task({ eta: '2030-02-31T00:00:00Z' }), 400, 'TASK_INVALID'],
  ['an internal queue', task({ queue: 'celery@host.celery.pidbox' }), 403, 'NAME_NOT_ALLOWED'],
  ["the gateway's own stream", task({ queue: 'celery-gateway.results' }), 403, 'NAME_NOT_ALLOWED'],
  ['a bad escape in the path', { method: 'GET', path: '/rabbitmq/tasks/%E0%A4' }, 400, 'REQUEST_INVALID'],
];

describe('the whole gateway', () => {
  test.each(REFUSALS)('%s', async (_what, { method, path, headers, body }, status, code) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method,
      headers: { 'x-api-key': keyOf('admin'), ...headers },
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await response.json()).toMatchObject({ status, code, requestId: expect.any(String) });
    expect(response.status).toBe(status);
    expect(response.headers.has('allow')).toBe(status === 405);
  });

  test('nothing of all that was published, and the next task is taken', async () => {
    expect((await gateway.call('GET', '/rabbitmq/queues/celery/info')).status).toBe(404);
    expect((await gateway.call('POST', SUBMIT, { task_name: 'a.b' })).status).toBe(202);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
