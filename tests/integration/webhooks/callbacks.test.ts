import { Webhook } from 'standardwebhooks';
import { createWorker, defineTask, PythonError } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { type Answer, type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';
import { type ReceivedHook, WebhookReceiver } from '../../support/webhook-receiver';

const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const cleanup = new Cleanup();
let vhost: TestVhost;
let receiver: WebhookReceiver;
let gateway: RunningGateway;
let secret: string;
/** Lets the task that waits go on. */
let release = (): void => undefined;
const failing = { now: true as boolean };

async function start(): Promise<RunningGateway> {
  const started = await cleanup.stops(
    startGateway({
      CELERY_BROKER_URL: vhost.url,
      WEBHOOKS_ALLOWED: '127.0.0.1/32',
      WEBHOOKS_ALLOW_HTTP: 'true',
      WEBHOOKS_RETRY_SECONDS: '1,1',
      WEBHOOKS_CALLBACK_SECRETS: 'a-text-for-tests-that-is-long-enough',
    }),
  );
  await until(async () => (await started.call('GET', '/health/ready')).status === 200, PATIENT);
  return started;
}

/** Retried while the gateway still reads its streams. */
const post = (path: string, body?: object): Promise<Answer> =>
  until(async () => {
    const answer = await gateway.call('POST', path, body, 'submitter');
    return answer.status === 503 ? undefined : answer;
  }, PATIENT);

const told = (path: string, count: number): Promise<readonly ReceivedHook[]> =>
  until(() => {
    const found = receiver.at(path);
    return found.length >= count ? found : undefined;
  }, PATIENT);

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const verified = ({ body, headers }: ReceivedHook): Told =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as Told;

const task = (task_name: string, args: readonly unknown[] = []) => ({ type: 'task', task_name, args });

beforeAll(async () => {
  vhost = await createVhost('callbacks');
  cleanup.does(() => vhost.drop());
  receiver = await cleanup.stops(WebhookReceiver.open());
  gateway = await start();
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const worker = createWorker({
    tasks: [
      defineTask('c.add', { params: ['a', 'b'] }, (_context, { a, b }) => Number(a) + Number(b)),
      defineTask('c.total', { params: ['values'] }, (_context, { values }) => (values as unknown[]).length),
      defineTask('c.waits', { params: [] }, async () => {
        await released;
        return 1;
      }),
      defineTask('c.fails', { params: [] }, async () => {
        if (failing.now) throw new PythonError('ValueError', 'builtins', ['bad']);
        return 1;
      }),
    ],
    broker: vhost.url,
    taskEvents: true,
    mingle: false,
    concurrency: 4,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
  const answer = await gateway.call('GET', '/rabbitmq/webhooks/callbacks/secret', undefined, 'submitter');
  secret = String(answer.body.secret);
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('a workflow is told of once, when all of it has ended, without arguments or results', async () => {
  const body = {
    type: 'chord',
    header: [task('c.add', [1, 2]), { type: 'chain', tasks: [task('c.add', [3, 4]), task('c.add', [5])] }],
    body: task('c.total'),
    callback_url: receiver.url('/whole?token=t'),
  };
  const { status, body: submitted } = await post('/rabbitmq/workflows', body);
  expect(status).toBe(202);
  const [hook] = await told('/whole?token=t', 1);
  if (hook === undefined) throw new Error('nothing was told');
  expect(verified(hook)).toEqual({
    type: 'workflow.succeeded',
    timestamp: expect.any(String),
    data: {
      workflow_id: submitted.workflow_id,
      status: 'SUCCESS',
      error: null,
      retries: 0,
      created_at: submitted.created_at,
      canceled_at: null,
    },
  });
  const path = `/rabbitmq/webhooks/callbacks/deliveries?workflow_id=${submitted.workflow_id}`;
  const log = await until(async () => {
    const { body: found } = await gateway.call('GET', path);
    const entries = found.deliveries as readonly { readonly status: string }[];
    return entries[0]?.status === 'delivered' && entries;
  }, PATIENT);
  expect(log).toMatchObject([
    { type: 'workflow.succeeded', task_id: null, workflow_id: submitted.workflow_id },
  ]);
  expect(JSON.stringify(log)).not.toContain('token');
  // The next one's news is looked at after it: had anything been told twice, it would be here by then.
  await post('/rabbitmq/workflows', { ...task('c.add', [1, 1]), callback_url: receiver.url('/next') });
  await told('/next', 1);
  expect(receiver.at('/whole?token=t')).toHaveLength(1);
}, 60_000);

test('a failure is told with its error, and a retry that succeeds as well', async () => {
  const body = {
    type: 'chain',
    tasks: [task('c.add', [1, 2]), { ...task('c.fails'), immutable: true }, task('c.add', [1])],
    callback_url: receiver.url('/failed'),
  };
  const { body: submitted } = await post('/rabbitmq/workflows', body);
  const [first] = (await told('/failed', 1)).map(verified);
  expect(first).toMatchObject({
    type: 'workflow.failed',
    data: { status: 'FAILURE', error: 'ValueError: bad' },
  });
  failing.now = false;
  const retried = await post(`/rabbitmq/workflows/${submitted.workflow_id}/retry`);
  expect(retried.status).toBe(202);
  const [, second] = (await told('/failed', 2)).map(verified);
  expect(second).toMatchObject({ type: 'workflow.succeeded', data: { status: 'SUCCESS', retries: 1 } });
}, 60_000);

test('the end of a workflow that came while no gateway ran is told by the next one', async () => {
  const body = {
    type: 'group',
    tasks: [task('c.waits'), task('c.add', [1, 2])],
    callback_url: receiver.url('/later'),
  };
  const { body: submitted } = await post('/rabbitmq/workflows', body);
  await gateway.stop();
  release();
  gateway = await start();
  const [hook] = (await told('/later', 1)).map(verified);
  expect(hook).toMatchObject({ type: 'workflow.succeeded', data: { workflow_id: submitted.workflow_id } });
}, 60_000);

test('each task that a schedule submits is told of', async () => {
  const schedule = {
    id: 'every-second',
    interval_seconds: 1,
    task: { task_name: 'c.add', args: [1, 2], callback_url: receiver.url('/scheduled') },
  };
  const created = await until(async () => {
    const answer = await gateway.call('POST', '/rabbitmq/schedules', schedule);
    return answer.status === 503 ? undefined : answer;
  }, PATIENT);
  expect(created.status).toBe(201);
  await told('/scheduled', 2);
  const { body } = await gateway.call('GET', '/rabbitmq/schedules/every-second');
  await gateway.call('DELETE', '/rabbitmq/schedules/every-second');
  const admin = await gateway.call('GET', '/rabbitmq/webhooks/callbacks/secret');
  secret = String(admin.body.secret);
  const runs = body.last_runs as readonly { readonly task_id: string }[];
  const ids = runs.map(({ task_id }) => task_id);
  for (const hook of receiver.at('/scheduled').slice(0, 2)) {
    const { type, data } = verified(hook);
    expect([type, ids.includes(String(data.task_id))]).toEqual(['task.succeeded', true]);
  }
}, 60_000);

test.each([
  [
    'a workflow with an address that is not public',
    '/rabbitmq/workflows',
    { ...task('c.add'), callback_url: 'http://10.0.0.1/' },
    '/callback_url',
  ],
  [
    'a part of a workflow',
    '/rabbitmq/workflows',
    { type: 'chain', tasks: [{ ...task('c.add'), callback_url: 'https://example.com/' }] },
    '/tasks/0/callback_url',
  ],
  [
    'a schedule with an address that is not public',
    '/rabbitmq/schedules',
    { interval_seconds: 60, task: { task_name: 'c.add', callback_url: 'http://10.0.0.1/' } },
    '/task/callback_url',
  ],
])('%s is refused, and says where', async (_circumstance, path, body, pointer) => {
  const answer = await until(async () => {
    const given = await gateway.call('POST', path, body);
    return given.status === 503 ? undefined : given;
  }, PATIENT);
  expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
  expect(answer.body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
});
