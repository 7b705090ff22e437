import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { silentLogger } from '../../../runtime';
import { createWorker, defineTask, type TaskDefinition } from '../../../workers';
import { bootstrapWorker } from '../../../workers/bootstrap';
import { Cleanup } from '../../support/cleanup';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { type EndedSpan, RecordedSpans } from '../../support/spans';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const spans = RecordedSpans.register();
const cleanup = new Cleanup();
let gateway: RunningGateway;
let brokerUrl: string;

const tasks = [
  defineTask('t.child', { params: [] }, () => 'child'),
  defineTask('t.parent', { params: [] }, (context) =>
    trace.getTracer('application').startActiveSpan('inner', async (inner) => {
      const { taskId } = await context.sendTask({ name: 't.child', options: { queue: 'typescript' } });
      inner.end();
      return taskId;
    }),
  ),
  defineTask('t.fail', { params: [] }, () => {
    throw new RangeError('too far');
  }),
  defineTask('t.again', { params: [] }, async (context) => {
    if (context.request.retries === 0) await context.retry({ countdownSeconds: 0 });
    return 'again';
  }),
  defineTask('t.slow', { params: [], timeLimitSeconds: 0.2 }, () => new Promise(() => undefined)),
];

const run = async (body: object): Promise<string> => {
  const { body: submitted } = await gateway.call('POST', '/rabbitmq/tasks/submit', {
    queue: 'typescript',
    ...body,
  });
  return String(submitted.task_id);
};

const of = (taskId: string, kind: string) => (span: EndedSpan) =>
  span.kind === kind && span.attributes['messaging.message.id'] === taskId;
const sent = (taskId: string): Promise<EndedSpan> => spans.one(of(taskId, 'PRODUCER'));
const processed = (taskId: string): Promise<EndedSpan> => spans.one(of(taskId, 'CONSUMER'));

beforeAll(async () => {
  const vhost = await createVhost('spans');
  cleanup.does(() => vhost.drop());
  brokerUrl = vhost.url;
  gateway = await cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url }));
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: 30_000,
  });
  const worker = createWorker({
    tasks,
    broker: vhost.url,
    queues: ['typescript'],
    hostname: 'spans@here',
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
}, 90_000);

beforeEach(() => spans.forget());
afterAll(async () => {
  await cleanup.run();
  spans.unregister();
}, 60_000);

test('request, task and the task it sends are one trace, each under the one that made it', async () => {
  const taskId = await run({ task_name: 't.parent' });
  const [send, process] = [await sent(taskId), await processed(taskId)];
  const request = await spans.one(({ kind }) => kind === 'SERVER');
  expect(send).toMatchObject({
    name: 'send typescript',
    trace: request.trace,
    parent: request.id,
    attributes: {
      'messaging.system': 'rabbitmq',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'typescript',
      'messaging.rabbitmq.destination.routing_key': 'typescript',
      'celery.action': 'apply_async',
      'celery.task_name': 't.parent',
    },
    status: { code: 0 },
  });
  expect(process).toMatchObject({
    name: 'process typescript',
    trace: request.trace,
    parent: send.id,
    attributes: {
      'messaging.operation.name': 'process',
      'celery.action': 'run',
      'celery.task_name': 't.parent',
      'celery.hostname': 'spans@here',
      'celery.state': 'SUCCESS',
    },
    status: { code: 0 },
  });
  const inner = await spans.one(({ name }) => name === 'inner');
  const child = await spans.one(
    ({ kind, attributes }) => kind === 'PRODUCER' && attributes['celery.task_name'] === 't.child',
  );
  const childTask = await processed(String(child.attributes['messaging.message.id']));
  expect([inner.parent, child.parent, childTask.parent]).toEqual([process.id, inner.id, child.id]);
  expect(childTask.trace).toBe(request.trace);
});

test('each task of a batch has its own span below that of the request', async () => {
  const batch = ['a', 'b'].map((id) => ({ task_name: 't.child', task_id: id, queue: 'typescript' }));
  await gateway.call('POST', '/rabbitmq/tasks/batch', { tasks: batch });
  const [first, second] = [await sent('a'), await sent('b')];
  const request = await spans.one(({ kind }) => kind === 'SERVER');
  expect([first.parent, second.parent]).toEqual([request.id, request.id]);
  expect([(await processed('a')).parent, (await processed('b')).parent]).toEqual([first.id, second.id]);
});

test('the second step of a chain goes under the first one, which sends it', async () => {
  const step = { type: 'task', task_name: 't.child', queue: 'typescript', immutable: true };
  const steps = ['first', 'second'].map((id) => ({ ...step, task_id: id }));
  await gateway.call('POST', '/rabbitmq/workflows', { type: 'chain', tasks: steps });
  const first = await processed('first');
  const send = await sent('second');
  expect(send).toMatchObject({ trace: first.trace, parent: first.id });
  expect(await processed('second')).toMatchObject({ parent: send.id });
});

test('a failure is an error with its exception', async () => {
  const taskId = await run({ task_name: 't.fail' });
  expect(await processed(taskId)).toMatchObject({
    attributes: { 'celery.state': 'FAILURE', 'error.type': 'RangeError' },
    status: { code: 2, message: 'too far' },
    events: ['exception'],
  });
});

test('a run that passes its limit ends with it', async () => {
  const taskId = await run({ task_name: 't.slow' });
  expect(await processed(taskId)).toMatchObject({
    attributes: { 'celery.state': 'FAILURE', 'error.type': 'TimeLimitExceeded' },
    status: { code: 2 },
  });
});

test('a retry is told as one, and the next run goes under the one that asked for it', async () => {
  const taskId = await run({ task_name: 't.again' });
  const state = (wanted: string) => (span: EndedSpan) =>
    of(taskId, 'CONSUMER')(span) && span.attributes['celery.state'] === wanted;
  const first = await spans.one(state('RETRY'));
  const second = await spans.one(state('SUCCESS'));
  expect(first).toMatchObject({
    attributes: { 'celery.retry.reason': expect.stringMatching(/^Retry in 0s/) },
    status: { code: 0 },
    events: ['retry'],
  });
  const sends = spans.all.filter(of(taskId, 'PRODUCER'));
  expect(second.attributes['celery.retries']).toBe(1);
  expect(sends.find(({ id }) => id === second.parent)?.parent).toBe(first.id);
});

test('a task that no queue takes is a failed span of its sender', async () => {
  const taskId = await run({
    task_name: 't.child',
    task_id: 'lost',
    queue: undefined,
    exchange: 'nowhere',
    routing_key: 'x',
  });
  expect(taskId).toBe('undefined');
  expect(await sent('lost')).toMatchObject({ name: 'send nowhere:x', status: { code: 2 } });
});

test('a task that runs again by hand stays in the trace it came from', async () => {
  const taskId = await run({ task_name: 't.fail' });
  const first = await processed(taskId);
  await until(async () => {
    const { body } = await gateway.call('GET', `/rabbitmq/tasks/${taskId}`);
    return body.status === 'FAILURE';
  });
  const { body } = await gateway.call('POST', `/rabbitmq/tasks/${taskId}/retry`, {});
  const again = await processed(String(body.task_id));
  expect(again.trace).toBe(first.trace);
});

test('what runs in a thread is under the span of its task as well', async () => {
  const folder = join(__dirname, '..', '..');
  const module = join(folder, 'fixtures', 'tasks', 'traced-thread-tasks.js');
  const { active } = jest.requireActual<{ readonly active: TaskDefinition }>(module);
  const worker = bootstrapWorker({
    ...{ tasks: [active], brokerUrls: [brokerUrl], nodename: 'threads@here', queues: ['threads'] },
    ...{ resultBackend: 'rpc://', resultExpiresSeconds: 3600, concurrency: 1, prefetchMultiplier: 1 },
    ...{ taskEvents: false, logsTasks: false, mingle: false, logger: silentLogger() },
    ...{ pool: 'threads', taskModules: [module], threadEntry: join(folder, 'support', 'thread-entry.js') },
  });
  await worker.start();
  try {
    const taskId = await run({ task_name: 'traced.active', queue: 'threads' });
    const { body } = await gateway.call('GET', `/rabbitmq/tasks/${taskId}?wait=30`);
    const { active: seen, child } = body.result as { readonly active: string; readonly child: string };
    const process = await processed(taskId);
    expect(seen).toBe(process.id);
    expect(await sent(child)).toMatchObject({ trace: process.trace, parent: process.id });
  } finally {
    await worker.stop();
  }
}, 60_000);
