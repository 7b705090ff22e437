import { createWorker, defineTask } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const TRACE = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=1',
};
const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const task = { task_name: 't.trace' };
const cleanup = new Cleanup();
let gateway: RunningGateway;

async function post(path: string, body: string, type = 'application/json'): Promise<string> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': keyOf('admin'), 'content-type': type, ...TRACE },
    body,
  });
  return response.text();
}

/** What the task saw of its trace. */
const seenBy = async (taskId: unknown): Promise<unknown> => {
  const { body } = await gateway.call('GET', `/rabbitmq/tasks/${String(taskId)}?wait=30`);
  return body.result;
};

beforeAll(async () => {
  const vhost = await createVhost('tracing');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url }));
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, PATIENT);
  const worker = createWorker({
    tasks: [defineTask('t.trace', { params: [] }, (context) => context.trace ?? null)],
    broker: vhost.url,
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('the tasks of a batch run within the trace of its request, whichever form it has', async () => {
  for (const atomic of [true, false]) {
    const { results } = JSON.parse(
      await post('/rabbitmq/tasks/batch', JSON.stringify({ atomic, tasks: [task] })),
    );
    expect(await seenBy(results[0].task_id)).toEqual(TRACE);
  }
  const [line] = (
    await post('/rabbitmq/tasks/batch', `${JSON.stringify(task)}\n`, 'application/x-ndjson')
  ).split('\n');
  expect(await seenBy(JSON.parse(line ?? '').task_id)).toEqual(TRACE);
}, 60_000);

test('so do the tasks of a workflow, also those that a worker sends', async () => {
  const step = { ...task, type: 'task', immutable: true };
  const ids = [{ task_id: 'first' }, { task_id: 'second' }];
  const tasks = ids.map((id) => ({ ...step, ...id }));
  await post('/rabbitmq/workflows', JSON.stringify({ type: 'chain', tasks }));
  for (const id of ['first', 'second']) expect(await seenBy(id)).toEqual(TRACE);
}, 60_000);

test('so does the task of a schedule that is run by hand', async () => {
  const schedule = { id: 'traced', cron: '0 0 1 1 *', task };
  await until(async () => {
    const { status } = await gateway.call('POST', '/rabbitmq/schedules', schedule);
    return status === 201;
  }, PATIENT);
  const { task_id: taskId } = JSON.parse(await post('/rabbitmq/schedules/traced/run', ''));
  expect(await seenBy(taskId)).toEqual(TRACE);
}, 60_000);
