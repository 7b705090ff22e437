import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { type FuzzedRequest, fuzzedRequests, type OpenApi, rawRequests } from '../support/fuzzed-requests';
import { GatewayProcess } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { createVhost, type TestVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
/** FUZZ_REQUESTS=500000 asks for more than a full run does. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? (FULL ? 50_000 : 1_500));
/** Made and sent at a time: they need not all fit into memory. */
const ROUND = Math.min(5_000, Math.ceil(REQUESTS / 2));
const RAW = FULL ? 2_000 : 150;
const SUBMISSIONS = FULL ? 10_000 : 200;
const AT_ONCE = 24;
const SEED = 7;
/** Event streams and long polls are left after this. */
const ANSWER_MS = 3000;
/** Between the first and the second half of the requests. */
const MOST_GROWTH_MB = 96;
/** What a gateway may say when it is asked for what is not there now, or not configured (501). */
const INTENDED = new Set([501, 503, 504]);

const cleanup = new Cleanup();
let vhost: TestVhost;
let gateway: GatewayProcess;

beforeAll(async () => {
  vhost = await createVhost('fuzz');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(
    GatewayProcess.start({
      brokerUrl: vhost.url,
      env: {
        RATE_LIMIT_SUBMITS: '0',
        RATE_LIMIT_READS: '0',
        RATE_LIMIT_ADMIN: '0',
        GATEWAY_WAIT_MAX_SECONDS: '1',
        CONTROL_TIMEOUT_MS: '100',
        GATEWAY_ACCESS_LOG: 'off',
      },
    }),
  );
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

const residentMb = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8'))?.[1]) / 1024;

interface Surprise {
  readonly request: FuzzedRequest;
  readonly status: number | string;
  readonly text: string;
}

async function send(request: FuzzedRequest): Promise<Surprise | undefined> {
  try {
    const response = await fetch(`${gateway.url}${request.path}`, {
      method: request.method,
      headers: { 'X-API-Key': gateway.keys.admin, ...request.headers },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(request.body === undefined ? {} : { body: Buffer.from(request.body).toString() }),
    });
    const { status, headers } = response;
    // A stream is over when either side says so, in the middle of what it tells; that it began is its answer.
    const streams = headers.get('content-type')?.startsWith('text/event-stream') === true;
    const text = await response.text().catch((error: unknown) => {
      if (streams && String(error) === 'TypeError: terminated') return '';
      throw error;
    });
    if (status < 500) return undefined;
    if (INTENDED.has(status) && /"code":"[A-Z_]+"/.test(text)) return undefined;
    return { request, status, text: text.slice(0, 500) };
  } catch (error) {
    // A stream that goes on, or an answer that comes later: the process is looked at below.
    if (String(error).startsWith('TimeoutError')) return undefined;
    return { request, status: String(error), text: '' };
  }
}

/** Runs all of them, some at a time. */
async function spread<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
}

test(
  'requests made from the OpenAPI document bring no error that was not meant, and no growth',
  async () => {
    const document = (await gateway.request('GET', '/openapi.json')).body as unknown as OpenApi;
    const operations = fuzzedRequests(document);
    // Each round has all operations.
    const each = Math.ceil(ROUND / operations.length);
    const rounds = Math.max(2, Math.ceil(REQUESTS / (each * operations.length)));
    const kinds = new Map<string, Surprise>();
    const note = async (request: FuzzedRequest): Promise<void> => {
      const surprise = await send(request);
      if (surprise !== undefined) kinds.set(`${surprise.status} ${request.operation}`, surprise);
    };

    let [sent, before] = [0, 0];
    const startedAt = performance.now();
    for (let round = 0; round < rounds; round += 1) {
      if (round === Math.floor(rounds / 2)) before = residentMb();
      const requests = operations.flatMap((one, index) =>
        fc.sample(one, { numRuns: each, seed: SEED + index + round * operations.length }),
      );
      await spread(requests, note);
      sent += requests.length;
      if (rounds > 2) {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        process.stdout.write(
          `${sent} of ${REQUESTS} fuzzed requests after ${seconds} s, ${Math.round(residentMb())} MB\n`,
        );
      }
      if (kinds.size > 0) break;
    }
    const grown = residentMb() - before;

    process.stdout.write(
      `${sent} requests over ${operations.length} operations: ${Math.round(before)} MB, then ${Math.round(grown)} MB more\n`,
    );
    // One of each kind, a few of them: enough to tell.
    expect([...kinds.values()].slice(0, 5)).toEqual([]);
    expect(gateway.process.exited).toBe(false);
    expect(gateway.process.output).not.toContain('unhandled rejection');
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
    expect((await gateway.request('GET', '/health/live')).status).toBe(200);
  },
  900_000 + REQUESTS * 20,
);

test('sockets that speak something else are answered 4xx or closed', async () => {
  const wrong: string[] = [];
  await spread(fc.sample(rawRequests, { numRuns: RAW, seed: SEED }), async (raw) => {
    const answer = await new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.end(raw, 'latin1'));
      socket.setTimeout(ANSWER_MS, () => socket.destroy());
      socket.on('data', (data) => {
        received += data.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(received));
    });
    if (/^HTTP\/1\.1 5/.test(answer)) wrong.push(JSON.stringify([raw.slice(0, 200), answer.slice(0, 300)]));
  });
  expect(wrong.slice(0, 3)).toEqual([]);
  expect((await gateway.request('GET', '/health/live')).status).toBe(200);
}, 300_000);

describe('a Python worker behind the gateway', () => {
  let worker: TestProcess;

  beforeAll(async () => {
    worker = await cleanup.stops(
      startPythonWorker({ brokerUrl: vhost.url, queues: ['python'], concurrency: 2 }),
    );
  }, 90_000);

  test('lives through whatever the gateway accepts', async () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.anything({ maxDepth: 3, maxKeys: 4 }));
    // Mostly right, so that much of it comes through to the worker.
    const option = fc
      .tuple(
        fc.record({
          task_name: fc.constantFrom('interop.noop', 'interop.add', 'nobody.knows'),
          args: fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 4 }),
          kwargs: fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
        }),
        fc.oneof(
          fc.constant({}),
          fc.record({ countdown: fc.nat(2), priority: fc.nat(9) }),
          fc.dictionary(
            fc.constantFrom(
              ...[
                'args',
                'kwargs',
                'countdown',
                'eta',
                'expires',
                'priority',
                'headers',
                'task_name',
                'task_id',
              ],
              ...['soft_time_limit', 'time_limit', 'retries', 'root_id', 'group_id', 'link', 'serializer'],
            ),
            value,
            { maxKeys: 2 },
          ),
        ),
      )
      .map(([right, changed]): Readonly<Record<string, unknown>> => ({ ...right, ...changed }));
    const statuses = new Map<number, number>();
    await spread(fc.sample(option, { numRuns: SUBMISSIONS, seed: SEED }), async (options) => {
      let body: string;
      try {
        body = JSON.stringify({ ...options, queue: 'python' });
      } catch {
        // A bigint, or what refers to itself: no JSON.
        return;
      }
      const response = await fetch(`${gateway.url}/rabbitmq/tasks/submit`, {
        method: 'POST',
        headers: { 'X-API-Key': gateway.keys.admin, 'Content-Type': 'application/json' },
        body: Buffer.from(body).toString(),
      });
      await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    });

    expect(statuses.get(202) ?? 0).toBeGreaterThan(SUBMISSIONS / 20);
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    // Behind all of them in the queue.
    const last = await gateway.submit({ task_name: 'interop.add', args: [40, 2], queue: 'python' });
    expect(await gateway.result(last, 1)).toBeDefined();
    for (let waited = 0; waited < (FULL ? 600 : 40); waited += 1) {
      if ((await gateway.result(last, 1)).status === 'SUCCESS') break;
    }
    await expect(gateway.result(last, 1)).resolves.toMatchObject({ status: 'SUCCESS', result: 42 });
    expect(worker.exited).toBe(false);
    process.stdout.write(`fuzzed submissions: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
  }, 900_000);
});
