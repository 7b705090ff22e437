import { connect } from 'node:net';
import { Cleanup } from '../support/cleanup';
import { percentile } from '../support/latencies';
import { GatewayProcess } from '../support/processes';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const SOCKETS = 500;
const HEADERS_MS = 3000;
const REQUEST_MS = 4000;
const CHECK_MS = 500;
/** What a busy machine adds to the two. */
const PATIENCE_MS = 20_000;
const PROBES = 100;
/** Without other work on the machine. */
const P99_MS = 100;

const cleanup = new Cleanup();
let gateway: GatewayProcess;

beforeAll(async () => {
  const vhost = await createVhost('slow-clients');
  cleanup.does(() => vhost.drop());
  gateway = await cleanup.stops(
    GatewayProcess.start({
      brokerUrl: vhost.url,
      env: {
        GATEWAY_HEADERS_TIMEOUT_MS: String(HEADERS_MS),
        GATEWAY_REQUEST_TIMEOUT_MS: String(REQUEST_MS),
        GATEWAY_CONNECTIONS_CHECK_INTERVAL_MS: String(CHECK_MS),
        RATE_LIMIT_SUBMITS: '0',
      },
    }),
  );
}, 60_000);
afterAll(() => cleanup.run(), 60_000);

const head = (): string =>
  `POST /rabbitmq/tasks/submit HTTP/1.1\r\nHost: x\r\nX-API-Key: ${gateway.keys.submitter}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;

/** Begins a request and goes on with it by a byte at a time. */
class SlowClient {
  closedAfterMs: number | undefined;
  readonly opened: Promise<void>;
  readonly #socket;
  readonly #trickle: NodeJS.Timeout;

  constructor(beginning: string) {
    const startedAt = performance.now();
    this.#socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
      this.#socket.write(beginning),
    );
    this.opened = new Promise((resolve) => this.#socket.once('connect', () => resolve()));
    this.#socket.on('error', () => undefined).resume();
    this.#socket.once('close', () => {
      clearInterval(this.#trickle);
      this.closedAfterMs = performance.now() - startedAt;
    });
    this.#trickle = setInterval(() => this.#socket.writable && this.#socket.write('a'), 200);
  }

  stop(): void {
    clearInterval(this.#trickle);
    this.#socket.destroy();
  }
}

/** How long a normal client waits for its submissions to be accepted. */
async function probe(): Promise<readonly number[]> {
  const waits: number[] = [];
  for (let count = 0; count < PROBES; count += 1) {
    const startedAt = performance.now();
    await gateway.submit({ task_name: 'interop.noop', queue: 'probed' });
    waits.push(performance.now() - startedAt);
  }
  return waits;
}

test.each([
  ['headers', () => 'GET /health/live HTTP/1.1\r\nX: '],
  ['bodies', head],
])(
  `${SOCKETS} clients that trickle their %s are closed, and others are served as before`,
  async (_what, beginning) => {
    const before = percentile(await probe(), 0.99);
    const slow = Array.from({ length: SOCKETS }, () => new SlowClient(beginning()));
    try {
      await Promise.all(slow.map(({ opened }) => opened));
      const meanwhile = percentile(await probe(), 0.99);
      await until(() => slow.every(({ closedAfterMs }) => closedAfterMs !== undefined), {
        timeoutMs: REQUEST_MS + CHECK_MS + PATIENCE_MS,
        what: 'all of them closed',
      });
      const last = Math.max(...slow.map(({ closedAfterMs = 0 }) => closedAfterMs));
      process.stdout.write(
        `${SOCKETS} slow clients (${_what}): p99 of others ${before.toFixed(1)} ms before, ${meanwhile.toFixed(1)} ms meanwhile; the last was closed after ${Math.round(last)} ms\n`,
      );
      // A busy machine has both of them late; a gateway that slow clients hold up, only the second.
      expect(meanwhile).toBeLessThan(Math.max(P99_MS, before * 10));
      expect((await gateway.request('GET', '/health/live')).status).toBe(200);
    } finally {
      for (const client of slow) client.stop();
    }
  },
  90_000,
);
