import { Webhook } from 'standardwebhooks';
import { createWorker, defineTask, PythonError } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { type Answer, type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../../support/vhost';
import { type ReceivedHook, WebhookReceiver } from '../../support/webhook-receiver';

const PATIENT = { timeoutMs: 30_000, intervalMs: 50 };
const cleanup = new Cleanup();
/** Ids of the tasks that ran late. */
const ranLate: string[] = [];
let vhost: TestVhost;
let receiver: WebhookReceiver;
let gateway: RunningGateway;
let other: RunningGateway;

const settings = (): Record<string, string> => ({
  CELERY_BROKER_URL: vhost.url,
  WEBHOOKS_ALLOWED: '127.0.0.1/32',
  WEBHOOKS_ALLOW_HTTP: 'true',
  WEBHOOKS_RETRY_SECONDS: '1,1',
  WEBHOOKS_SECRETS_KEY: 'a key for tests',
  WEBHOOKS_CALLBACK_SECRETS: 'a text for tests that is long enough'.replaceAll(' ', '-'),
});

async function start(): Promise<RunningGateway> {
  const started = await cleanup.stops(startGateway(settings()));
  await until(async () => (await started.call('GET', '/health/ready')).status === 200, PATIENT);
  return started;
}

/** An endpoint for tasks of one name, at a path of the same name. */
async function endpoint(
  name: string,
  more: object = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const body = { url: receiver.url(`/${name}`), task_names: [name], ...more };
  const created = await until(async () => {
    const answer = await gateway.call('POST', '/rabbitmq/webhooks', body);
    return answer.status === 503 ? undefined : answer;
  }, PATIENT);
  expect(created.status).toBe(201);
  const id = String(created.body.webhook_id);
  // The other gateway has to know it too, whichever of them tells.
  await until(async () => (await other.call('GET', `/rabbitmq/webhooks/${id}`)).status === 200, PATIENT);
  return { id, secret: String(created.body.secret) };
}

const submit = async (name: string): Promise<string> => {
  const { body } = await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: name });
  return String(body.task_id);
};

const hooks = (name: string, count: number): Promise<readonly ReceivedHook[]> =>
  until(() => {
    const found = receiver.at(`/${name}`);
    return found.length >= count ? found : undefined;
  }, PATIENT);

const deliveries = async (of: RunningGateway, id: string): Promise<readonly Record<string, unknown>[]> => {
  const { body } = await of.call('GET', `/rabbitmq/webhooks/${id}/deliveries`);
  return body.deliveries as readonly Record<string, unknown>[];
};

const verified = (hook: ReceivedHook | undefined, secret: string): Record<string, unknown> =>
  new Webhook(secret).verify(hook?.body ?? '', hook?.headers as Record<string, string>) as Record<
    string,
    unknown
  >;

beforeAll(async () => {
  vhost = await createVhost('webhooks');
  cleanup.does(() => vhost.drop());
  receiver = await cleanup.stops(WebhookReceiver.open());
  gateway = await start();
  other = await start();
  const fine = [
    'w.once',
    'w.retried',
    'w.dead',
    'w.gone',
    'w.rotated',
    'w.redirected',
    'w.called',
    'w.drained',
  ];
  const worker = createWorker({
    tasks: [
      ...fine.map((name) => defineTask(name, { params: [] }, () => 'fine')),
      defineTask('w.late', { params: [] }, (context) => {
        ranLate.push(context.request.id);
        return 'late';
      }),
      defineTask('w.failing', { params: [] }, async () => {
        throw new PythonError('ValueError', 'builtins', ['bad']);
      }),
    ],
    broker: vhost.url,
    taskEvents: true,
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('with two gateways a task that ends is told once, signed, and both know what became of it', async () => {
  const { id, secret } = await endpoint('w.once', { states: ['SUCCESS', 'FAILURE'] });
  const taskId = await submit('w.once');
  const [hook] = await hooks('w.once', 1);
  expect(verified(hook, secret)).toMatchObject({
    type: 'task.succeeded',
    data: { task_id: taskId, task_name: 'w.once', status: 'SUCCESS', queue: 'celery', error: null },
  });
  for (const each of [gateway, other]) {
    await until(async () => {
      const [delivery] = await deliveries(each, id);
      return delivery?.status === 'delivered' && delivery.delivery_id === hook?.headers['webhook-id'];
    }, PATIENT);
  }
  // The event and the stored result both say so; what was told is not told again by the news of the next task.
  await submit('w.once');
  await hooks('w.once', 2);
  const told = receiver.at('/w.once').map(({ headers }) => headers['webhook-id']);
  expect(new Set(told).size).toBe(told.length);
}, 90_000);

test('a failure is told with its error', async () => {
  const { secret } = await endpoint('w.failing');
  await submit('w.failing');
  const [hook] = await hooks('w.failing', 1);
  const { type, data } = verified(hook, secret) as { type: string; data: Record<string, unknown> };
  expect(type).toBe('task.failed');
  expect(data.error).toMatch(/^ValueError/);
}, 60_000);

test('what fails is tried again under the same id, until it is taken', async () => {
  const { id } = await endpoint('w.retried');
  receiver.answers.set('/w.retried', [500, 302]);
  await submit('w.retried');
  const found = await hooks('w.retried', 3);
  expect(new Set(found.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  await until(async () => {
    const [delivery] = await deliveries(gateway, id);
    return delivery?.status === 'delivered' && delivery.attempts === 3;
  }, PATIENT);
  // Where a redirect leads was not looked at.
  expect(receiver.at('/redirected')).toEqual([]);
}, 60_000);

test('after the last attempt a delivery is among the dead letters, and a replay brings it there', async () => {
  const { id } = await endpoint('w.dead');
  receiver.answers.set('/w.dead', [500, 500, 500]);
  await submit('w.dead');
  const dead = await until(async () => {
    const [delivery] = await deliveries(gateway, id);
    return delivery?.status === 'dead' ? delivery : undefined;
  }, PATIENT);
  expect(dead).toMatchObject({ attempts: 3, last_status: 500, last_error: 'HTTP status 500' });
  const queues = await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages');
  expect(queues).toMatch(/celery-gateway\.webhooks\.dead\s+1/);
  const path = `/rabbitmq/webhooks/${id}/deliveries/${dead.delivery_id}/replay`;
  expect((await gateway.call('POST', path)).status).toBe(202);
  const found = await hooks('w.dead', 4);
  expect(found[3]?.headers['webhook-id']).toBe(dead.delivery_id);
}, 60_000);

test('all dead letters are replayed at once or dropped, those replayed one by one since only taken away', async () => {
  const { id } = await endpoint('w.drained');
  const dead = (count: number) =>
    until(async () => {
      const { body } = await gateway.call('GET', `/rabbitmq/webhooks/${id}/deliveries?status=dead`);
      const found = body.deliveries as readonly { readonly delivery_id: string }[];
      const queues = await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages');
      const queued = Number(/webhooks\.dead\s+(\d+)/.exec(queues)?.[1]);
      return found.length === count && queued >= count ? found : undefined;
    }, PATIENT);
  receiver.answers.set('/w.drained', Array(6).fill(500));
  await submit('w.drained');
  await submit('w.drained');
  const [first] = await dead(2);
  const one = `/rabbitmq/webhooks/${id}/deliveries/${first?.delivery_id}/replay`;
  expect((await gateway.call('POST', one)).status).toBe(202);
  await hooks('w.drained', 7);
  const replayed = await gateway.call('POST', `/rabbitmq/webhooks/dead-letters/replay?webhook_id=${id}`);
  expect(replayed).toMatchObject({ status: 200, body: { done: 1, outdated: 1 } });
  await hooks('w.drained', 8);
  await dead(0);
  receiver.answers.set('/w.drained', [500, 500, 500]);
  await submit('w.drained');
  await dead(1);
  const others = await gateway.call('DELETE', '/rabbitmq/webhooks/dead-letters?webhook_id=callbacks');
  expect(others.body).toEqual({ done: 0, outdated: 0 });
  const dropped = await gateway.call('DELETE', `/rabbitmq/webhooks/dead-letters?webhook_id=${id}`);
  expect(dropped.body).toEqual({ done: 1, outdated: 0 });
  expect((await deliveries(gateway, id))[0]).toMatchObject({
    status: 'dropped',
    last_error: 'dropped by request',
  });
}, 90_000);

test('a webhook that was read is answered 304 until it changes', async () => {
  const { id } = await endpoint('w.tagged');
  const read = (etag?: string) =>
    fetch(`${gateway.url}/rabbitmq/webhooks/${id}`, {
      headers: {
        authorization: `Bearer ${keyOf('admin')}`,
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
      },
    });
  const etag = (await read()).headers.get('etag') ?? '';
  expect((await read(etag)).status).toBe(304);
  await gateway.call('PATCH', `/rabbitmq/webhooks/${id}`, { description: 'another' });
  expect((await read(etag)).status).toBe(200);
}, 60_000);

test('the URL of a submission is told once of the end of its task, signed with the secret of its key', async () => {
  const task = { task_name: 'w.called', callback_url: receiver.url('/called?token=t') };
  const single = await gateway.call('POST', '/rabbitmq/tasks/submit', task, 'submitter');
  const batch = await gateway.call(
    'POST',
    '/rabbitmq/tasks/batch',
    { atomic: true, tasks: [task] },
    'submitter',
  );
  expect([single.status, batch.status]).toEqual([202, 202]);
  const [item] = batch.body.results as readonly { readonly task_id: string }[];
  const found = await until(() => {
    const told = receiver.at('/called?token=t');
    return told.length >= 2 ? told : undefined;
  }, PATIENT);
  const path = '/rabbitmq/webhooks/callbacks/secret';
  const own = String((await gateway.call('GET', path, undefined, 'submitter')).body.secret);
  const ids = found
    .map((hook) => verified(hook, own))
    .map(({ data }) => (data as { task_id: string }).task_id);
  expect([...ids].sort()).toEqual([String(single.body.task_id), item?.task_id].sort());
  const others = String((await gateway.call('GET', path)).body.secret);
  expect(() => verified(found[0], others)).toThrow();
  const log = await until(async () => {
    const query = `task_id=${single.body.task_id}&status=delivered`;
    const { body } = await other.call('GET', `/rabbitmq/webhooks/callbacks/deliveries?${query}`);
    const [delivery] = body.deliveries as readonly object[];
    return delivery === undefined ? undefined : delivery;
  }, PATIENT);
  expect(log).toMatchObject({ type: 'task.succeeded', webhook_id: 'callbacks', attempts: 1 });
  expect(JSON.stringify(log)).not.toContain('token');
}, 60_000);

test.each([
  ['a URL that is not public', { callback_url: 'http://10.0.0.1/' }, '/callback_url'],
  [
    'a header that only a gateway may set',
    { headers: { gateway_callback: 'x' } },
    '/headers/gateway_callback',
  ],
])('a submission with %s is refused', async (_circumstance, more, pointer) => {
  const task = { task_name: 'w.called', ...more };
  const { status, body } = await gateway.call('POST', '/rabbitmq/tasks/submit', task);
  expect(status).toBe(400);
  expect(body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
  const batch = await gateway.call('POST', '/rabbitmq/tasks/batch', { atomic: true, tasks: [task] });
  expect(batch.status).toBe(400);
});

test('410 switches a webhook off', async () => {
  const { id } = await endpoint('w.gone');
  receiver.answers.set('/w.gone', [410]);
  await submit('w.gone');
  const off = await until(async () => {
    const { body } = await other.call('GET', `/rabbitmq/webhooks/${id}`);
    return body.enabled === false ? body : undefined;
  }, PATIENT);
  expect(off.disabled_reason).toBe('gone');
  const on = await gateway.call('PATCH', `/rabbitmq/webhooks/${id}`, { enabled: true });
  expect(on.body).toMatchObject({ enabled: true, disabled_reason: null });
}, 60_000);

test('a secret is told once and kept sealed; after a rotation both sign', async () => {
  const { id, secret } = await endpoint('w.rotated');
  const rotated = await gateway.call('POST', `/rabbitmq/webhooks/${id}/rotate-secret`);
  const next = String(rotated.body.secret);
  expect(next).toMatch(/^whsec_/);
  await gateway.call('POST', `/rabbitmq/webhooks/${id}/ping`);
  const [hook] = await hooks('w.rotated', 1);
  expect(verified(hook, secret)).toMatchObject({ type: 'webhook.ping' });
  expect(verified(hook, next)).toMatchObject({ type: 'webhook.ping' });
  const shown: Answer = await gateway.call('GET', '/rabbitmq/webhooks');
  expect(JSON.stringify(shown.body)).not.toMatch(/whsec_|sealed/);
  expect((await gateway.call('GET', '/rabbitmq/webhooks', undefined, 'submitter')).status).toBe(403);
}, 60_000);

test.each([
  ['http://169.254.169.254/latest/meta-data'],
  ['http://10.0.0.1/'],
  ['http://[::1]/'],
  ['http://[::ffff:10.0.0.1]/'],
  ['http://user:word@example.com/'],
])('%s is refused at once', async (url) => {
  const { status, body } = await gateway.call('POST', '/rabbitmq/webhooks', { url });
  expect(status).toBe(400);
  expect(body.errors).toEqual([{ pointer: '/url', detail: expect.any(String) }]);
});

test('what happened while no gateway was there is told by the next one', async () => {
  await endpoint('w.late');
  const first = await submit('w.late');
  await hooks('w.late', 1);
  await gateway.call('POST', '/rabbitmq/tasks/submit', {
    task_name: 'w.late',
    countdown: 3,
    callback_url: receiver.url('/late-called'),
  });
  await gateway.stop();
  await other.stop();
  const second = await until(() => ranLate.find((id) => id !== first), PATIENT);
  gateway = await start();
  const found = await hooks('w.late', 2);
  expect(found.some(({ body }) => body.includes(second))).toBe(true);
  const [called] = await hooks('late-called', 1);
  expect(called?.body).toContain(second);
}, 90_000);
