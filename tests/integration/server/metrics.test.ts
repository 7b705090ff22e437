import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createWorker, defineTask, PythonError, type Worker } from '../../../workers';
import { keyOf } from '../../support/gateway-app';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const tasks = [
  defineTask('m.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
  defineTask('m.fail', { params: [] }, async () => {
    throw new PythonError('ValueError', 'builtins', ['bad']);
  }),
  defineTask('m.trace', { params: [] }, (context) => context.trace ?? null),
  defineTask('m.retry', { params: [] }, async (context) => {
    if (context.request.retries === 0) await context.retry({ countdownSeconds: 0.1 });
    return 'done';
  }),
];

let vhost: TestVhost;
let gateway: RunningGateway;
let worker: Worker;

interface Scrape {
  readonly text: string;
  /** The value of the one series with these labels (and perhaps more); undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

async function scrape(of: RunningGateway = gateway): Promise<Scrape> {
  const response = await fetch(`${of.url}/metrics`, { headers: { 'x-api-key': keyOf('reader') } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const value: Scrape['value'] = (name, labels = {}) => {
    const series = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .find((line) => Object.entries(labels).every(([key, of]) => line.includes(`${key}="${of}"`)));
    return series === undefined ? undefined : Number(series.slice(series.lastIndexOf(' ')));
  };
  return { text, value };
}

async function submit(taskName: string, more: object = {}): Promise<string> {
  const { status, body } = await gateway.call('POST', '/rabbitmq/tasks/submit', {
    task_name: taskName,
    ...more,
  });
  expect(status).toBe(202);
  return String(body.task_id);
}

beforeAll(async () => {
  vhost = await createVhost('metrics');
  gateway = await startGateway({ CELERY_BROKER_URL: vhost.url, METRICS_INSPECT_INTERVAL_SECONDS: '1' });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });
  worker = createWorker({
    tasks,
    broker: vhost.url,
    hostname: 'metrics@%h',
    concurrency: 2,
    taskEvents: true,
    mingle: false,
  });
  await worker.start();
}, 60_000);

afterAll(async () => {
  await worker?.stop();
  await gateway?.stop();
  await vhost?.drop();
});

test('what workers do to tasks is told under the names and labels of celery-exporter', async () => {
  await Promise.all([submit('m.add', { args: [1, 2] }), submit('m.fail'), submit('m.retry')]);
  const of = (name: string) => ({ name, hostname: hostname(), queue_name: 'celery' });
  const found = await until(
    async () => {
      const now = await scrape();
      const done =
        now.value('celery_task_succeeded_total', of('m.add')) === 1 &&
        now.value('celery_task_succeeded_total', of('m.retry')) === 1 &&
        now.value('celery_task_failed_total', { ...of('m.fail'), exception: 'ValueError' }) === 1 &&
        now.value('celery_active_worker_count', { queue_name: 'celery' }) === 1 &&
        now.value('celery_worker_up', { hostname: hostname() }) === 1;
      return done ? now : undefined;
    },
    { timeoutMs: 30_000, intervalMs: 250 },
  );
  expect(found.value('celery_task_sent_total', { name: 'm.add', queue_name: 'celery' })).toBe(1);
  expect(found.value('celery_task_received_total', of('m.add'))).toBe(1);
  expect(found.value('celery_task_started_total', of('m.add'))).toBe(1);
  expect(found.value('celery_task_retried_total', of('m.retry'))).toBe(1);
  expect(found.value('celery_task_runtime_count', of('m.add'))).toBe(1);
  expect(found.value('celery_task_queue_wait_time_count', { name: 'm.add', queue_name: 'celery' })).toBe(1);
  expect(found.value('celery_worker_tasks_active', { hostname: hostname() })).toBe(0);
  expect(found.value('celery_active_consumer_count', { queue_name: 'celery' })).toBeGreaterThanOrEqual(1);
  expect(found.value('celery_active_process_count', { queue_name: 'celery' })).toBeGreaterThanOrEqual(1);
}, 60_000);

test('a queue that nobody consumes has a length and an oldest message that ages; an ETA does not count', async () => {
  const queue = `lonely-${randomUUID().slice(0, 8)}`;
  await submit('m.add', { queue });
  await submit('m.add', { queue });
  const labels = { queue_name: queue };
  const age = 'celery_queue_oldest_message_age_seconds';
  await until(
    async () => {
      const now = await scrape();
      return now.value('celery_queue_length', labels) === 2 && (now.value(age, labels) ?? 0) > 0;
    },
    { timeoutMs: 30_000, intervalMs: 250 },
  );
  await gateway.call('DELETE', `/rabbitmq/queues/${queue}/purge`);
  // What was purged is not waiting, whatever the history holds.
  await until(async () => (await scrape()).value(age, labels) === 0, { timeoutMs: 30_000, intervalMs: 250 });
}, 60_000);

test('the gateway tells of its own requests by route, of its publishes and of itself, and names no task', async () => {
  const id = await submit('m.add', { args: [1, 1] });
  await gateway.call('GET', `/rabbitmq/tasks/${id}`);
  await gateway.call('GET', `/no/such/${id}`);
  const { text, value } = await scrape();
  const http = 'celery_gateway_http_request_duration_seconds_count';
  expect(value(http, { method: 'GET', route: '/rabbitmq/tasks/:task_id', status: '200' })).toBeGreaterThan(0);
  expect(value(http, { method: 'GET', route: 'none', status: '404' })).toBeGreaterThan(0);
  expect(value('celery_gateway_publish_confirm_seconds_count')).toBeGreaterThan(0);
  expect(value('celery_gateway_publishes_in_flight')).toBe(0);
  expect(value('celery_gateway_history_tasks')).toBeGreaterThan(0);
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(text).not.toContain(id);
});

test('docs/metrics.md names all there is', async () => {
  const { text } = await scrape();
  const told = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/`([a-z_*]+)`/g)].map(
    ([, name = '']) => name,
  );
  // `_received_` stands for celery_task_received_total.
  const patterns = told.map((name) =>
    name.startsWith('_')
      ? new RegExp(`^celery_task${name.replace(/_(total)?$/, '')}_total$`)
      : new RegExp(`^${name.replaceAll('*', '\\w+')}$`),
  );
  const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
});

test('a gateway that starts later counts nothing of what was before it', async () => {
  await submit('m.add', { args: [1, 2] });
  const later = await startGateway({ CELERY_BROKER_URL: vhost.url });
  try {
    await until(async () => ((await scrape(later)).value('celery_gateway_history_tasks') ?? 0) > 0, {
      timeoutMs: 30_000,
      intervalMs: 250,
    });
    await until(async () => (await later.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });
    expect((await scrape(later)).value('celery_task_sent_total')).toBeUndefined();
  } finally {
    await later.stop();
  }
}, 60_000);

test('beyond the limit of series, names that callers make up count as one', async () => {
  const small = await startGateway({
    CELERY_BROKER_URL: vhost.url,
    METRICS_MAX_SERIES: '10',
    METRICS_OPEN: 'true',
  });
  try {
    await until(async () => (await small.call('GET', '/health/ready')).status === 200, { timeoutMs: 30_000 });
    const queue = `many-${randomUUID().slice(0, 8)}`;
    for (let index = 0; index < 15; index += 1) {
      await small.call('POST', '/rabbitmq/tasks/submit', { task_name: `made.up${index}`, queue });
    }
    await until(
      async () => {
        const text = await (await fetch(`${small.url}/metrics`)).text();
        const series = text.split('\n').filter((line) => line.startsWith('celery_task_sent_total{'));
        return series.length === 11 && series.some((line) => /name="other".* 5$/.test(line));
      },
      { timeoutMs: 30_000, intervalMs: 250 },
    );
  } finally {
    await small.stop();
  }
}, 60_000);

test('a submission within a trace runs within that trace', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const submitted = await fetch(`${gateway.url}/rabbitmq/tasks/submit`, {
    method: 'POST',
    headers: {
      'x-api-key': keyOf('submitter'),
      'content-type': 'application/json',
      traceparent,
      tracestate: 'vendor=1',
    },
    body: JSON.stringify({ task_name: 'm.trace' }),
  });
  const { body } = await gateway.call('GET', `${submitted.headers.get('location')}?wait=30`);
  expect(body.result).toEqual({ traceparent, tracestate: 'vendor=1' });
}, 60_000);

test('without a key there is nothing to scrape', async () => {
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401);
});
