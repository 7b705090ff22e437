import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { FuzzClient } from '../support/fuzz/client';
import { startFuzzedGateway } from '../support/fuzz/fuzzed-gateway';
import { Judgement } from '../support/fuzz/judgement';
import type { FuzzedRequest, OpenApi } from '../support/fuzz/operation-requests';
import { Random } from '../support/fuzz/random';
import { spread, upTo } from '../support/fuzz/spread';
import { Submissions } from '../support/fuzz/submissions';
import type { GatewayProcess } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { createVhost } from '../support/vhost';

const COUNT = Number(process.env.FUZZ_SUBMISSIONS ?? 10_000);
/** The same number makes the same requests; another one, others. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_122);
const AT_ONCE = 64;
/** For what was accepted to go through the worker, on a machine that has other things to do. */
const WORKED_OFF_MS = 300_000;

/** The last task is asked for after all the others. */
const REMEMBERS_ALL = { TASK_HISTORY_LIMIT: '100000', RESULT_MAX_ENTRIES: '100000' };

const cleanup = new Cleanup();
let gateway: GatewayProcess;
let worker: TestProcess;

beforeAll(async () => {
  const vhost = await createVhost('fuzz-submissions');
  cleanup.does(() => vhost.drop());
  [gateway, worker] = await Promise.all([
    cleanup.stops(startFuzzedGateway(vhost.url, REMEMBERS_ALL)),
    cleanup.stops(startPythonWorker({ brokerUrl: vhost.url, queues: ['python'], concurrency: 2 })),
  ]);
  process.stdout.write(`FUZZ_SEED=${SEED} repeats this run\n`);
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

test('a Python worker lives through whatever the gateway accepts', async () => {
  const document = (await gateway.request('GET', '/openapi.json')).body as unknown as OpenApi;
  const tasks = ['interop.noop', 'interop.add', 'nobody.knows'];
  const submissions = new Submissions(document, SEED, tasks, 'python');
  const judgement = new Judgement(document, new Set(), Object.values(gateway.keys));
  const client = new FuzzClient(Number(new URL(gateway.url).port), AT_ONCE);
  cleanup.does(async () => client.close());
  const statuses = new Map<number, number>();
  const wrong: string[] = [];

  const startedAt = performance.now();
  await spread({ indices: upTo(COUNT), atOnce: AT_ONCE }, async (index) => {
    const body = submissions.make(new Random(SEED, index));
    if (body === undefined) return;
    const request: FuzzedRequest = {
      operation: 'submitTask',
      method: 'POST',
      path: '/rabbitmq/tasks/submit',
      headers: { 'X-API-Key': gateway.keys.admin, 'Content-Type': 'application/json' },
      body: Buffer.from(body),
    };
    const answer = await client.send(request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const wrongs = judgement.wrongs(request, answer);
    if (wrongs.length > 0) wrong.push(`submission ${index}: ${wrongs.join('; ')}: ${body}`);
  });
  const submitted = (performance.now() - startedAt) / 1000;

  expect(wrong.slice(0, 5)).toEqual([]);
  expect(statuses.get(202)).toBeGreaterThan(COUNT / 4);
  // Behind all of them in the queue, but for those that wait for their time.
  const last = await gateway.submit({ task_name: 'interop.add', args: [40, 2], queue: 'python' });
  for (const giveUpAt = performance.now() + WORKED_OFF_MS; performance.now() < giveUpAt; ) {
    if ((await gateway.result(last, 1)).status === 'SUCCESS') break;
  }
  await expect(gateway.result(last, 1)).resolves.toMatchObject({ status: 'SUCCESS', result: 42 });
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(
    `${COUNT} fuzzed submissions in ${Math.round(submitted)} s, worked off after ${Math.round(seconds)} s: ${JSON.stringify(Object.fromEntries(statuses))}\n`,
  );
  expect(worker.exited).toBe(false);
  // Neither the worker nor a process of its pool.
  expect(worker.output).not.toMatch(/WorkerLostError|Unrecoverable error|exited with 'signal|SIGSEGV/);
  expect(gateway.process.output).not.toMatch(/unhandled rejection|request failed/);
}, 900_000);
