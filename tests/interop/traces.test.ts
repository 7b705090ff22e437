import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker, defineTask } from '../../workers';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';
import { type RunningGateway, startGateway } from '../support/running-gateway';
import { type EndedSpan, RecordedSpans } from '../support/spans';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

type Span = Pick<EndedSpan, 'name' | 'kind' | 'trace' | 'id' | 'attributes'> & {
  readonly parent: string | null | undefined;
};

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER_SPAN = '00f067aa0ba902b7';
const CALLER = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01` };

const ours = RecordedSpans.register();
const folder = mkdtempSync(join(tmpdir(), 'traces-'));
const file = join(folder, 'spans.ndjson');
const cleanup = new Cleanup();
let gateway: RunningGateway;

/** What OpenTelemetry's instrumentation of the Python worker has written. */
const theirs = (): readonly Span[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];

/** The one span of a task's message, whoever made it. */
const spanOf = (kind: string, task: string): Promise<Span> =>
  until(
    () => {
      const found = [...ours.all, ...theirs()].filter(
        ({ trace, kind: its, attributes }) =>
          trace === TRACE_ID && its === kind && attributes['celery.task_name'] === task,
      );
      if (found.length > 1) throw new Error(`${found.length} spans`);
      return found[0];
    },
    { what: `the ${kind} span of ${task}`, timeoutMs: 30_000 },
  );

const submit = async (path: string, body: object): Promise<void> => {
  const { status } = await gateway.call('POST', path, body, 'admin', CALLER);
  expect(status).toBe(202);
};

beforeAll(async () => {
  cleanup.does(async () => rmSync(folder, { recursive: true }));
  const vhost = await createVhost('traces');
  cleanup.does(() => vhost.drop());
  const python = { brokerUrl: vhost.url, app: 'traced_app', queues: ['python'], pool: 'solo' } as const;
  [gateway] = await Promise.all([
    cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url })),
    cleanup.stops(startPythonWorker({ ...python, env: { SPANS_FILE: file } })),
  ]);
  const worker = createWorker({
    tasks: [
      defineTask('traced.typescript', { params: ['value'] }, async (context, { value }) => {
        return context.sendTask({ name: 'traced.last', args: [value], options: { queue: 'python' } });
      }),
    ],
    broker: vhost.url,
    queues: ['typescript'],
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });
}, 90_000);

beforeEach(() => {
  ours.forget();
  rmSync(file, { force: true });
});

afterAll(async () => {
  await cleanup.run();
  ours.unregister();
}, 60_000);

test('a request, a Python worker, a TypeScript worker and a Python worker again are one trace', async () => {
  await submit('/rabbitmq/tasks/submit', { task_name: 'traced.python', args: [1], queue: 'python' });
  const request = await ours.one(({ kind }) => kind === 'SERVER');
  const path = [
    await spanOf('PRODUCER', 'traced.python'),
    await spanOf('CONSUMER', 'traced.python'),
    await spanOf('PRODUCER', 'traced.typescript'),
    await spanOf('CONSUMER', 'traced.typescript'),
    await spanOf('PRODUCER', 'traced.last'),
    await spanOf('CONSUMER', 'traced.last'),
  ];
  expect(request.parent).toBe(CALLER_SPAN);
  expect(path.map(({ parent }) => parent)).toEqual([request, ...path.slice(0, -1)].map(({ id }) => id));
  expect(path.map(({ name }) => name)).toEqual([
    'send python',
    'run/traced.python',
    'apply_async/traced.typescript',
    'process typescript',
    'send python',
    'run/traced.last',
  ]);
}, 60_000);

test('so are the steps of a chain, each under the one before it', async () => {
  const step = { type: 'task', args: [1], immutable: true };
  const tasks = [
    { ...step, task_name: 'traced.last', queue: 'python' },
    { ...step, task_name: 'traced.typescript', queue: 'typescript' },
  ];
  await submit('/rabbitmq/workflows', { type: 'chain', tasks });
  const second = await spanOf('CONSUMER', 'traced.typescript');
  const sent = await spanOf('PRODUCER', 'traced.typescript');
  expect(second.parent).toBe(sent.id);
  const first = theirs().find(({ id }) => id === sent.parent);
  expect(first).toMatchObject({ name: 'run/traced.last', trace: TRACE_ID, parent: expect.any(String) });
}, 60_000);

test('both kinds of worker say the same of a task in the same words', async () => {
  await submit('/rabbitmq/tasks/submit', { task_name: 'traced.typescript', args: [1], queue: 'typescript' });
  const [mine, python] = [
    await spanOf('CONSUMER', 'traced.typescript'),
    await spanOf('CONSUMER', 'traced.last'),
  ];
  const common = [
    'celery.action',
    'celery.state',
    'celery.task_name',
    'celery.hostname',
    'messaging.message.id',
  ];
  for (const { attributes } of [mine, python])
    expect(Object.keys(attributes)).toEqual(expect.arrayContaining(common));
  expect(mine.attributes).toMatchObject({ 'celery.action': 'run', 'celery.state': 'SUCCESS' });
  expect(python.attributes).toMatchObject({ 'celery.action': 'run', 'celery.state': 'SUCCESS' });
}, 60_000);
