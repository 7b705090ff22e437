import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { residentBytes } from '../support/process-memory';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { until } from '../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
const TASKS = FULL ? 5000 : 600;
const BATCH = 200;
/** Of one worker: with its prefetch the most that may be unacknowledged. */
const MAX_HELD = 50;
const CONCURRENCY = 4;
const PREFETCHED = CONCURRENCY * 4;
const MEBIBYTE = 1024 * 1024;
const HOUR_SECONDS = 3600;
/** Nearer than CELERY_WORKER_ETA_PARK_AFTER: held by the worker, as long as it holds few. */
const HELD_SECONDS = 500;

const cleanup = new Cleanup();
let vhost: TestVhost;
let gateway: GatewayProcess;
let worker: TestProcess;
let ledger: Ledger;

beforeAll(async () => {
  vhost = await createVhost('far-etas');
  cleanup.does(() => vhost.drop());
  ledger = await cleanup.stops(Ledger.create());
  [gateway, worker] = await Promise.all([
    cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url, env: { RATE_LIMIT_SUBMITS: '0' } })),
    cleanup.stops(
      startTypeScriptWorker({
        brokerUrl: vhost.url,
        concurrency: CONCURRENCY,
        env: {
          ...ledger.env,
          CELERY_WORKER_ETA_MAX_HELD: String(MAX_HELD),
          CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE: 'classic',
        },
      }),
    ),
  ]);
}, 120_000);
afterAll(() => cleanup.run(), 60_000);

/** Messages in the queues of the vhost, by whether somebody holds them. */
async function counts(): Promise<{
  readonly unacknowledged: number;
  readonly delayed: number;
  readonly ready: number;
}> {
  const listed = await rabbitmqctl(
    ...['list_queues', '-p', vhost.name, 'name', 'messages_ready', 'messages_unacknowledged'],
  );
  const rows = listed
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const sum = (belongs: (name: string) => boolean, column: number): number =>
    rows.filter(([name = '']) => belongs(name)).reduce((all, row) => all + Number(row[column]), 0);
  const isDelay = (name: string): boolean => name.startsWith('celery_delayed_');
  return {
    unacknowledged: sum((name) => name === 'celery', 2),
    ready: sum((name) => name === 'celery', 1),
    delayed: sum(isDelay, 1) + sum(isDelay, 2),
  };
}

/** Half of them far away, half so near that a worker would hold them itself. */
async function submitAll(): Promise<void> {
  for (let from = 0; from < TASKS; from += BATCH) {
    const tasks = Array.from({ length: BATCH }, (_, at) => ({
      task_name: 'interop.record',
      args: [from + at],
      countdown: at % 2 === 0 ? HOUR_SECONDS : HELD_SECONDS,
    }));
    const { status } = await gateway.request('POST', '/rabbitmq/tasks/batch', { tasks });
    expect([200, 202]).toContain(status);
  }
}

test(`${TASKS} tasks with a far ETA: they wait in the broker, and the worker holds no more than it may`, async () => {
  const before = await residentBytes(worker.pid);
  let mostUnacknowledged = 0;
  await submitAll();
  await until(
    async () => {
      const { unacknowledged, delayed, ready } = await counts();
      mostUnacknowledged = Math.max(mostUnacknowledged, unacknowledged);
      return ready === 0 && unacknowledged <= MAX_HELD && delayed + unacknowledged === TASKS;
    },
    { timeoutMs: 120_000, intervalMs: 500, what: 'all tasks with the broker' },
  );
  const grown = (await residentBytes(worker.pid)) - before;
  process.stdout.write(
    `${TASKS} far ETAs: at most ${mostUnacknowledged} unacknowledged, worker grew by ${(grown / MEBIBYTE).toFixed(1)} MiB\n`,
  );
  expect(mostUnacknowledged).toBeLessThanOrEqual(MAX_HELD + PREFETCHED);
  expect(grown).toBeLessThan(64 * MEBIBYTE);
  // It works all the while.
  const id = await gateway.submit({ task_name: 'interop.record', args: [-1] });
  expect((await gateway.result(id, 30)).status).toBe('SUCCESS');
  expect((await ledger.runs()).map(({ number }) => number)).toEqual([-1]);
}, 300_000);
