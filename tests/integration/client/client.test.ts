import { createClient, type GatewayClient, GatewayProblem } from '../../../client';
import { serverEvents } from '../../../client/streams';
import { add, stateOf } from '../../../docs/guide/examples/client';
import { createWorker, defineTask } from '../../../workers';
import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const cleanup = new Cleanup();
let gateway: RunningGateway;
let client: GatewayClient;

beforeAll(async () => {
  const vhost = await createVhost('client');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(startGateway({ CELERY_BROKER_URL: vhost.url }));
  client = createClient({ url: `${gateway.url}/`, apiKey: keyOf('admin') });
  await until(async () => (await client.getReadiness()).status === 200, { timeoutMs: 30_000 });
  const worker = createWorker({
    tasks: [
      defineTask('guide.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
      defineTask('guide.trace', { params: [] }, (context) => context.trace?.traceparent ?? null),
    ],
    broker: vhost.url,
    mingle: false,
  });
  await worker.start();
  cleanup.does(() => worker.stop());
}, 60_000);

afterAll(() => cleanup.run());

test('the example of the guide gets its answer, and hears of a task that was never seen', async () => {
  expect(await add(gateway.url, keyOf('submitter'), 40, 2)).toBe(42);
  expect(await stateOf(gateway.url, keyOf('reader'), 'no-such-task')).toBe('never seen');
}, 60_000);

test('parameters are encoded, headers go along, and answers have their status', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const submitted = await client.submitTask({
    body: { task_name: 'guide.trace', task_id: 'a:b@c' },
    headers: { traceparent },
  });
  expect(submitted.status).toBe(202);
  expect(submitted.headers.get('location')).toBe('/rabbitmq/tasks/a%3Ab%40c');
  const { body } = await client.getTask({ params: { task_id: 'a:b@c' }, query: { wait: 30 } });
  expect(body).toMatchObject({ status: 'SUCCESS', result: traceparent });
  const { body: metrics } = await client.getMetrics();
  expect(metrics).toContain('celery_task_sent_total');
}, 60_000);

test('a problem is thrown with its code, its places and when to ask again', async () => {
  const asked = client.declareQueue({ body: { queue_name: 'not acceptable' } });
  await expect(asked).rejects.toMatchObject({
    name: 'GatewayProblem',
    code: 'NAME_NOT_ALLOWED',
    status: 403,
    problem: { errors: [{ pointer: '/queue_name' }] },
    retryAfterSeconds: undefined,
  });
  const nobody = createClient({ url: gateway.url, apiKey: 'none' });
  await expect(nobody.listActiveTasks()).rejects.toThrow(GatewayProblem);
});

test('what no gateway answered is a problem too, and a call can be ended', async () => {
  const proxy = createClient({
    url: gateway.url,
    apiKey: 'any',
    fetch: async () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }),
  });
  await expect(proxy.listActiveTasks()).rejects.toMatchObject({ code: 'UNKNOWN', status: 502 });
  await expect(client.listActiveTasks(undefined, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test('server-sent events are told one by one, however they are cut into pieces', async () => {
  const text = ': hello\n\nid: 1\nevent: task\ndata: {"a":\ndata: 1}\n\ndata: plain\r\n\r\n';
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const byte of Buffer.from(text)) yield Uint8Array.of(byte);
  }
  const events = [];
  for await (const event of serverEvents(pieces())) events.push(event);
  expect(events).toEqual([
    { id: '1', event: 'task', data: { a: 1 } },
    { id: '1', event: 'message', data: 'plain' },
  ]);
});
