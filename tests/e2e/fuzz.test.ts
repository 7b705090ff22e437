import { Cleanup } from '../support/cleanup';
import { FuzzClient, type FuzzedAnswer } from '../support/fuzz/client';
import { type Memory, memoryOf, startFuzzedGateway } from '../support/fuzz/fuzzed-gateway';
import { Judgement } from '../support/fuzz/judgement';
import {
  type FuzzedOperation,
  type FuzzedRequest,
  type OpenApi,
  OperationRequests,
  operationsOf,
} from '../support/fuzz/operation-requests';
import { lanesOf, planOf } from '../support/fuzz/plan';
import { Random } from '../support/fuzz/random';
import { rawRequest, sendRaw } from '../support/fuzz/raw-requests';
import { spread, upTo } from '../support/fuzz/spread';
import type { GatewayProcess } from '../support/processes';
import { createVhost } from '../support/vhost';

/** Requests and raw sockets together. */
const COUNT = Number(process.env.FUZZ_REQUESTS ?? (process.env.FULL === '1' ? 500_000 : 50_000));
/** The same number makes the same requests; another one, others. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_122);
const RAW = Math.ceil(COUNT / 25);
const REQUESTS = COUNT - RAW;
const AT_ONCE = 160;
/** Memory is looked at after each of these. */
const PARTS = Math.max(5, Math.round(COUNT / 25_000));
/** In the second half of a run: of a run of 50,000 that is some 400 bytes a request. */
const MOST_GROWTH_BYTES = 8 * 2 ** 20;
/** One stream in so many is read for this long; the others are left at their first bytes. */
const READ_STREAM = { oneIn: 20, ms: 500 };
/** Enough to tell: the run is over then. */
const MOST_SURPRISES = 10;
/**
 * What is not configured here, or did not come in time. Nothing of the broker: it is there all the time, and whoever brings a
 * connection to it down has found something.
 */
const INTENDED: ReadonlySet<string> = new Set([
  'MANAGEMENT_NOT_CONFIGURED',
  'REPLY_TIMEOUT',
  'NO_WORKER_REPLIED',
  'OPERATIONS_SATURATED',
]);

const cleanup = new Cleanup();
let gateway: GatewayProcess;
let port: number;
let operations: readonly FuzzedOperation[];
let requests: OperationRequests;
let judgement: Judgement;

beforeAll(async () => {
  const vhost = await createVhost('fuzz');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(startFuzzedGateway(vhost.url));
  port = Number(new URL(gateway.url).port);
  const document = (await gateway.request('GET', '/openapi.json')).body as unknown as OpenApi;
  operations = operationsOf(document);
  requests = new OperationRequests(document, SEED);
  judgement = new Judgement(document, INTENDED, Object.values(gateway.keys));
  process.stdout.write(`FUZZ_SEED=${SEED} repeats this run\n`);
}, 90_000);

afterAll(() => cleanup.run(), 60_000);

/** With a key that may do everything, mostly. */
function withKey(random: Random, request: FuzzedRequest): FuzzedRequest {
  const { admin, reader } = gateway.keys;
  const key = random.oneIn(50) ? random.pick([reader, 'cgw_admin_x', '']) : admin;
  return { ...request, headers: { 'X-API-Key': key, ...request.headers } };
}

/** As a line that repeats it by hand; the key is replaced, it was this run's only. */
function asCommand({ method, path, headers, body }: FuzzedRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const given = Object.entries(headers).map(([name, value]) =>
    name === 'X-API-Key' ? '-H "X-API-Key: $KEY"' : `-H ${quoted(`${name}: ${value}`)}`,
  );
  const sent =
    body === undefined ? [] : [`--data-binary @<(base64 -d <<<${body.toString('base64').slice(0, 4000)})`];
  return ['curl -i --path-as-is -X', method, ...given, ...sent, quoted(`$GATEWAY${path}`)].join(' ');
}

interface Surprise {
  readonly wrongs: readonly string[];
  readonly index: number;
  readonly repeat: string;
  readonly answer: string;
}

test(
  'requests made from the OpenAPI document bring no error that was not meant, and no growth',
  async () => {
    const client = new FuzzClient(port, AT_ONCE);
    cleanup.does(async () => client.close());
    const plan = planOf(SEED, REQUESTS, operations);
    const surprises = new Map<string, Surprise>();
    const statuses = new Map<number, number>();
    let sent = 0;
    const once = async (index: number): Promise<void> => {
      const random = new Random(SEED, index);
      const operation = operations[Number(plan[index])] as FuzzedOperation;
      const request = withKey(random, requests.make(random, operation));
      sent += 1;
      let answer: FuzzedAnswer | undefined;
      let wrongs: readonly string[];
      try {
        answer = await client.send(request, random.oneIn(READ_STREAM.oneIn) ? READ_STREAM.ms : 0);
        wrongs = judgement.wrongs(request, answer);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      } catch (error) {
        wrongs = [String(error)];
      }
      if (wrongs.length === 0) return;
      const repeat = asCommand(request);
      surprises.set(`${operation.id} ${String(wrongs[0]).slice(0, 60)}`, {
        ...{ wrongs, index, repeat, answer: (answer?.body ?? '').slice(0, 500) },
      });
    };

    const memory: Memory[] = [];
    const startedAt = performance.now();
    for (let part = 0; part < PARTS && surprises.size < MOST_SURPRISES; part += 1) {
      const [from, end] = [part, part + 1].map((edge) => Math.round((REQUESTS * edge) / PARTS)) as [
        number,
        number,
      ];
      const enough = (): boolean => surprises.size >= MOST_SURPRISES;
      await Promise.all(lanesOf(plan, [from, end], operations).map((lane) => spread(lane, once, enough)));
      memory.push(await memoryOf(gateway));
      const seconds = (performance.now() - startedAt) / 1000;
      const { alive, rss, cpuSeconds } = memory.at(-1) as Memory;
      process.stdout.write(
        `${sent} requests over ${operations.length} operations in ${Math.round(seconds)} s (${Math.round(sent / seconds)}/s): ${megabytes(alive)} MB alive, ${megabytes(rss)} MB resident, ${Math.round(cpuSeconds)} s of processor time\n`,
      );
    }

    process.stdout.write(`${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}\n`);
    expect([...surprises.values()]).toEqual([]);
    expect(gateway.process.exited).toBe(false);
    expect(gateway.process.output).not.toMatch(/unhandled rejection|request failed/);
    // From the middle on, all memories are full and nearly all code is compiled: what still grows is not meant to.
    const alive = memory.map((one) => one.alive);
    expect(Math.min(...alive.slice(-2)) - Number(alive[Math.floor(PARTS / 2)])).toBeLessThan(
      MOST_GROWTH_BYTES,
    );
    expect((await gateway.request('GET', '/health/live')).status).toBe(200);
  },
  300_000 + REQUESTS * 20,
);

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

test(
  'sockets that speak something else are answered 4xx or closed',
  async () => {
    const wrong: string[] = [];
    await spread({ indices: upTo(RAW), atOnce: AT_ONCE }, async (index) => {
      const random = new Random(SEED, REQUESTS + index);
      const bytes = rawRequest(random, withKey(random, requests.make(random, random.pick(operations))));
      const answer = await sendRaw(port, bytes);
      const strange = answer !== '' && !/^HTTP\/1\.1 \d{3} /.test(answer);
      const toHead = /HEAD/i.test(bytes.toString('latin1'));
      const failure = judgement.failure(Number(answer.slice(9, 12)), answer, toHead);
      if (strange || failure !== undefined) {
        wrong.push(
          `socket ${index}: base64 ${bytes.toString('base64').slice(0, 4000)}: ${answer.slice(0, 500)}`,
        );
      }
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(gateway.process.exited).toBe(false);
    expect(gateway.process.output).not.toMatch(/unhandled rejection|request failed/);
    expect((await gateway.request('GET', '/health/live')).status).toBe(200);
  },
  120_000 + RAW * 50,
);
