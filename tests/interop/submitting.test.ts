import { randomUUID } from 'node:crypto';
import { createWorker, defineTask, type Worker } from '../../workers';
import type { TestProcess } from '../support/child-process';
import { post, ready } from '../support/gateway-requests';
import { startPythonWorker } from '../support/python';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const SUBMIT = '/rabbitmq/tasks/submit';

let vhost: TestVhost;
let gateway: RunningGateway;
let python: TestProcess;
let typescript: Worker;
/** Runs of each task that counts itself. */
const runs = new Map<string, number>();

const tasks = [
  defineTask('interop.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
  defineTask('interop.echo', { params: ['value'] }, (_context, { value }) => value),
  defineTask('interop.fail', { params: ['message'] }, (_context, { message }) => {
    throw new Error(String(message));
  }),
  defineTask('t.flaky', { params: ['key', 'failures'] }, (_context, { key, failures }) => {
    const run = (runs.get(String(key)) ?? 0) + 1;
    runs.set(String(key), run);
    if (run <= Number(failures)) throw new RangeError('not yet');
    return run;
  }),
  defineTask('t.stamps', { params: [] }, ({ request }) => ({
    names: [...request.stampedHeaders].sort(),
    stamps: request.stamps,
  })),
];

beforeAll(async () => {
  vhost = await createVhost('submitting');
  gateway = await startGateway({ CELERY_BROKER_URL: vhost.url });
  typescript = createWorker({
    tasks,
    broker: vhost.url,
    queues: ['typescript'],
    hostname: 'ts@%h',
    mingle: false,
  });
  [python] = await Promise.all([
    startPythonWorker({ brokerUrl: vhost.url, queues: ['python'], name: 'python@here' }),
    typescript.start(),
    ready(gateway),
  ]);
});

afterAll(async () => {
  await typescript.stop();
  await python.stop();
  await gateway.stop();
  await vhost.drop();
});

const ended = (taskId: string) =>
  until(
    async () => {
      const { status, body } = await gateway.call('GET', `/rabbitmq/tasks/${taskId}?wait=5`);
      return status === 200 && ['SUCCESS', 'FAILURE'].includes(String(body.status)) ? body : undefined;
    },
    { timeoutMs: 30_000, what: `the end of ${taskId}` },
  );

async function run(body: object) {
  const { status, body: answer } = await post(gateway, SUBMIT, body);
  expect([status, answer]).toEqual([202, answer]);
  return ended(String(answer.task_id));
}

describe.each([
  ['python', 'typescript'],
  ['typescript', 'python'],
])('a task on a %s worker with callbacks on the %s one', (queue, other) => {
  test('calls its link with the result, or without it when that is immutable', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const link = [
      { task_name: 'interop.add', args: [10], queue: other, task_id: first },
      { task_name: 'interop.add', args: [1, 1], immutable: true, queue: other, task_id: second },
    ];
    expect(await run({ task_name: 'interop.add', args: [2, 3], queue, link })).toMatchObject({ result: 5 });
    expect(await ended(first)).toMatchObject({ status: 'SUCCESS', result: 15 });
    expect(await ended(second)).toMatchObject({ status: 'SUCCESS', result: 2 });
  });

  test('calls its link_error when it fails', async () => {
    const id = randomUUID();
    const link_error = {
      task_name: 'interop.echo',
      args: ['seen'],
      immutable: true,
      queue: other,
      task_id: id,
    };
    expect(await run({ task_name: 'interop.fail', args: ['no'], queue, link_error })).toMatchObject({
      status: 'FAILURE',
    });
    expect(await ended(id)).toMatchObject({ status: 'SUCCESS', result: 'seen' });
  });
});

test('stamps and tags reach a worker as stamps, and do not disturb Python', async () => {
  const stamped = { stamps: { customer: 'c1', parts: [1, 300] }, tags: ['nightly', 'eu'] };
  const told = await run({ task_name: 't.stamps', queue: 'typescript', ...stamped });
  expect(told.result).toEqual({
    names: ['customer', 'parts', 'tags'],
    stamps: { customer: 'c1', parts: [1, 300], tags: ['nightly', 'eu'] },
  });
  expect(await run({ task_name: 'interop.add', args: [1, 2], queue: 'python', ...stamped })).toMatchObject({
    result: 3,
  });
});

test('a retry policy is obeyed by the TypeScript worker and ignored by Python', async () => {
  const retry_policy = { max_retries: 3, delay_seconds: 0 };
  const flaky = { task_name: 't.flaky', queue: 'typescript', retry_policy };
  expect(await run({ ...flaky, args: [randomUUID(), 2] })).toMatchObject({ status: 'SUCCESS', result: 3 });
  const key = randomUUID();
  expect(await run({ ...flaky, args: [key, 9] })).toMatchObject({ status: 'FAILURE' });
  expect(runs.get(key)).toBe(4);
  const other = randomUUID();
  const named = { ...retry_policy, retry_for: ['TypeError'] };
  expect(await run({ ...flaky, retry_policy: named, args: [other, 9] })).toMatchObject({ status: 'FAILURE' });
  expect(runs.get(other)).toBe(1);
  const failing = { task_name: 'interop.fail', args: ['no'], queue: 'python', retry_policy };
  expect(await run(failing)).toMatchObject({ status: 'FAILURE', retries: 0 });
});

test.each([
  [{ link: [{ task_name: '1x' }] }, '/link/0/task_name'],
  [{ link: { task_name: 'x', priority: 999 } }, '/link/priority'],
  [{ link_error: [{ task_name: 'x', queue: 'amq.x' }] }, '/link_error/0/queue'],
  [{ link: [{ task_name: 'x', link: [{ task_name: 'y', args: {} }] }] }, '/link/0/link/0/args'],
  [{ stamps: { queue: 'x' } }, '/stamps/queue'],
  [{ stamps: { a: { b: 1 } } }, '/stamps/a'],
  [{ tags: [1] }, '/tags/0'],
  [{ retry_policy: { max_retries: -1 } }, '/retry_policy/max_retries'],
])('%j is refused with a pointer to it', async (extra, pointer) => {
  const { status, body } = await post(gateway, SUBMIT, { task_name: 'x', ...extra });
  expect([400, 403]).toContain(status);
  expect(body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
});
