import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { testRedisUrl } from '../support/redis';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const PATIENT = { timeoutMs: 60_000 };
const TASKS = 20;

const cleanup = new Cleanup();
let redis: TcpProxy;
let gateway: GatewayProcess;
let worker: TestProcess;
let ledger: Ledger;

beforeAll(async () => {
  const vhost = await createVhost('redis-outage');
  cleanup.does(() => vhost.drop());
  const url = new URL(testRedisUrl());
  redis = await cleanup.stops(TcpProxy.start(Number(url.port || 6379)));
  url.hostname = '127.0.0.1';
  url.port = String(redis.port);
  ledger = await cleanup.stops(Ledger.create());
  const shared = { brokerUrl: vhost.url, resultBackend: url.toString() };
  [gateway, worker] = await Promise.all([
    cleanup.stops(GatewayProcess.start(shared)),
    cleanup.stops(startTypeScriptWorker({ ...shared, env: ledger.env })),
  ]);
}, 90_000);
afterAll(() => cleanup.run(), 60_000);

test('the result store goes while tasks run: they are accepted, states are 503, and no result is missing once it is back', async () => {
  const first = await gateway.submit({ task_name: 'interop.record', args: [0] });
  expect((await gateway.result(first, 30)).status).toBe('SUCCESS');

  redis.mode = 'refuse';
  redis.reset();
  const status = (id: string) => gateway.request('GET', `/rabbitmq/tasks/${id}`);
  await until(async () => (await status(first)).status === 503, PATIENT);
  const ids: string[] = [];
  for (let number = 1; number <= TASKS; number += 1)
    ids.push(await gateway.submit({ task_name: 'interop.record', args: [number] }));
  const refused = await status(ids[0] ?? '');
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
  await until(async () => (await ledger.runs()).length > 1, {
    ...PATIENT,
    what: 'a run without a result store',
  });
  expect(worker.exited).toBe(false);

  redis.mode = 'pass';
  const ends = await until(
    async () => {
      const told = await Promise.all(ids.map(async (id) => (await status(id)).body));
      return told.every((task) => task.status === 'SUCCESS') && told;
    },
    { ...PATIENT, what: 'all results' },
  );
  expect(ends.map(({ result }) => result)).toEqual(ids.map((_, at) => at + 1));
  expect(worker.exited).toBe(false);
}, 180_000);
