import { trace } from '@opentelemetry/api';
import request from 'supertest';
import { RabbitMQError } from '../../../amqp';
import type { TaskSubmission } from '../../../celery';
import { keyOf, testApp } from '../../support/gateway-app';
import { RecordedSpans } from '../../support/spans';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const spans = RecordedSpans.register();

/** A gateway whose tasks are kept here. */
function gateway() {
  const sent: TaskSubmission[] = [];
  const submitTask = async (task: TaskSubmission) => {
    sent.push(task);
    return { taskId: 'one', queue: 'celery', message: {} as never };
  };
  const { app } = testApp({ messaging: { submitTask } });
  const submit = (headers: Readonly<Record<string, string>> = {}) =>
    request(app)
      .post('/rabbitmq/tasks/submit?secret=1')
      .set({ 'X-API-Key': keyOf('submitter'), ...headers })
      .send({ task_name: 'tasks.add' });
  return { app, sent, submit };
}

beforeEach(() => spans.forget());
afterAll(() => spans.unregister());

test('a request is a server span under the span of its caller, and its task goes under it', async () => {
  const { sent, submit } = gateway();
  await submit({ traceparent: CALLER, tracestate: 'vendor=1' });
  const span = await spans.one(({ kind }) => kind === 'SERVER');
  expect(span).toMatchObject({
    name: 'POST /rabbitmq/tasks/submit',
    trace: TRACE_ID,
    parent: '00f067aa0ba902b7',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/rabbitmq/tasks/submit',
      'http.response.status_code': 202,
      'url.path': '/rabbitmq/tasks/submit',
    },
    status: { code: 0 },
  });
  expect(sent[0]?.options?.headers).toEqual({
    traceparent: `00-${TRACE_ID}-${span.id}-01`,
    tracestate: 'vendor=1',
  });
});

test('without a caller that traces it begins the trace', async () => {
  const { sent, submit } = gateway();
  await submit();
  const span = await spans.one(({ kind }) => kind === 'SERVER');
  expect(span.parent).toBeUndefined();
  expect(sent[0]?.options?.headers?.traceparent).toBe(`00-${span.trace}-${span.id}-01`);
});

test('a refusal is no error of the server, a failure is one with its code', async () => {
  await request(gateway().app).get('/rabbitmq/tasks/active');
  const refused = await spans.one(({ kind }) => kind === 'SERVER');
  expect(refused).toMatchObject({ attributes: { 'http.response.status_code': 401 }, status: { code: 0 } });
  spans.forget();
  const findTask = async () => {
    throw new RabbitMQError('BROKER_UNREACHABLE', 'gone', { retryable: true });
  };
  const { app } = testApp({ messaging: { findTask } });
  await request(app).get('/rabbitmq/tasks/one').set('X-API-Key', keyOf('reader'));
  expect(await spans.one(({ kind }) => kind === 'SERVER')).toMatchObject({
    name: 'GET /rabbitmq/tasks/:task_id',
    attributes: { 'http.response.status_code': 503, 'error.type': 'BROKER_UNREACHABLE' },
    status: { code: 2 },
  });
});

test('probes make no spans', async () => {
  const { app } = gateway();
  await request(app).get('/health/live');
  await request(app).get('/metrics');
  await request(app).get('/openapi.json');
  await spans.one(({ kind }) => kind === 'SERVER');
  expect(spans.all).toMatchObject([{ name: 'GET /openapi.json' }]);
});

test('where another library has made a span of the request, that one is continued, and named by its route', async () => {
  const { sent, submit } = gateway();
  await trace.getTracer('http').startActiveSpan('theirs', async (theirs) => {
    await submit();
    theirs.end();
  });
  const [theirs, ...others] = spans.all;
  expect(others).toEqual([]);
  expect(theirs).toMatchObject({
    name: 'POST /rabbitmq/tasks/submit',
    attributes: { 'http.route': '/rabbitmq/tasks/submit' },
  });
  expect(sent[0]?.options?.headers?.traceparent).toBe(`00-${theirs?.trace}-${theirs?.id}-01`);
});
