import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadLink } from '../support/bad-link';
import { Cleanup } from '../support/cleanup';
import { percentile } from '../support/latencies';
import { residentBytes } from '../support/process-memory';
import { GatewayProcess } from '../support/processes';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
const SECONDS = FULL ? 60 : 5;
const PER_SECOND = FULL ? 1000 : 300;
const CALLERS = 50;
const BODY_BYTES = 10 * 1024;
const MEBIBYTE = 1024 * 1024;
/** Where the machine is quiet; a busy one has idle requests wait, too. */
const P99_MS = 50;
/** Begins when the gateway has compiled what refuses. */
const WARM_UP_SECONDS = 4;

interface Refusal {
  readonly what: string;
  readonly retryAfter: boolean;
  readonly tookMs: number;
}

const cleanup = new Cleanup();
let link: BadLink;
let gateway: GatewayProcess;
const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

beforeAll(async () => {
  const vhost = await createVhost('down-load');
  cleanup.does(() => vhost.drop());
  link = await cleanup.stops(BadLink.to(vhost.url));
  gateway = await cleanup.stops(
    GatewayProcess.start({
      brokerUrl: link.url,
      env: { RATE_LIMIT_SUBMITS: '0' },
    }),
  );
}, 60_000);
afterAll(async () => {
  agent.destroy();
  await cleanup.run();
}, 60_000);

const body = JSON.stringify({
  task_name: 'tasks.add',
  queue: 'down',
  kwargs: { text: 'x'.repeat(BODY_BYTES) },
});

const ask = (method: string, path: string, sent?: string): Promise<Refusal> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const headers = { 'X-API-Key': gateway.keys.submitter, 'Content-Type': 'application/json' };
    const call = request(`${gateway.url}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () =>
        resolve({
          what: `${response.statusCode} ${/"code":"([A-Z_]+)"/.exec(text)?.[1]}`,
          retryAfter: Number(response.headers['retry-after']) > 0,
          tookMs: performance.now() - startedAt,
        }),
      );
    });
    call.once('error', reject).end(sent);
  });

const submit = (): Promise<Refusal> => ask('POST', '/rabbitmq/tasks/submit', body);

/** Offers so many a second, for so long: fewer where the machine cannot. */
async function offer(send: () => Promise<Refusal>, seconds: number): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  const startedAt = performance.now();
  let offered = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      const waitMs = startedAt + (offered * 1000) / PER_SECOND - performance.now();
      offered += 1;
      if (waitMs > 0) await sleep(waitMs);
      refusals.push(await send());
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return refusals;
}

const p99Of = (refusals: readonly Refusal[]): number =>
  percentile(
    refusals.map(({ tookMs }) => tookMs),
    0.99,
  );

test(`a broker down for ${SECONDS} s under ${PER_SECOND} submissions of 10 KB a second: all are refused at once, and nothing is kept`, async () => {
  await link.stop();
  await until(async () => (await submit()).what === '503 BROKER_UNREACHABLE');
  await offer(submit, WARM_UP_SECONDS);
  // What the machine itself takes at this pace, for a request with nothing to do.
  const idle = await offer(() => ask('GET', '/health/live'), WARM_UP_SECONDS);
  const before = await residentBytes(gateway.process.pid);
  const samples = [before];
  let refusals: readonly Refusal[] = [];
  const offering = offer(submit, SECONDS).then((all) => {
    refusals = all;
  });
  const sampling = (async () => {
    while (refusals.length === 0) {
      samples.push(await residentBytes(gateway.process.pid));
      await sleep(500);
    }
  })();
  await Promise.all([offering, sampling]);

  const grown = Math.max(...samples) - before;
  const median = percentile(
    refusals.map(({ tookMs }) => tookMs),
    0.5,
  );
  process.stdout.write(
    `broker down ${SECONDS} s: ${refusals.length} refused, median ${median.toFixed(1)} ms, p99 ${p99Of(refusals).toFixed(1)} ms (${p99Of(idle).toFixed(1)} ms idle), memory at most ${(grown / MEBIBYTE).toFixed(1)} MiB over the one before\n`,
  );
  expect(new Set(refusals.map(({ what }) => what))).toEqual(new Set(['503 BROKER_UNREACHABLE']));
  expect(refusals.every(({ retryAfter }) => retryAfter)).toBe(true);
  expect(grown).toBeLessThan(64 * MEBIBYTE);
  expect(p99Of(refusals)).toBeLessThan(Math.max(P99_MS, p99Of(idle) * 5));
}, 180_000);
