import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { BrokerSession, send } from '../../support/broker-session';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const CALLERS = 200;
const REFUSALS = 10_000;
/** RabbitMQ 3.10 forgets a quorum queue that is younger when it is killed, whatever it confirmed. */
const QUORUM_SETTLES_MS = 4000;
const STORM_MS = 3000;

let session: BrokerSession;

beforeAll(async () => {
  session = await BrokerSession.open();
}, 60_000);

afterEach(() => session.release());
afterAll(() => session.close());

const percentile = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.POSITIVE_INFINITY;

describe('a broker killed with a quorum queue', () => {
  it('loses none of the confirmed messages', async () => {
    const connection = await session.connect();
    await session.declare(connection, 'quorum', { 'x-queue-type': 'quorum' });
    const declared = performance.now();
    const publisher = await session.publisher(connection);
    await until(() => performance.now() - declared > QUORUM_SETTLES_MS);
    const accepted = new Set<string>();
    let running = true;
    let sent = 0;
    const caller = async (): Promise<void> => {
      while (running) {
        const id = `m${sent++}`;
        await send(publisher, 'quorum', id).then(
          () => accepted.add(id),
          () => {
            running = false;
          },
        );
        await nextTurn();
      }
    };
    const callers = Promise.all(Array.from({ length: 50 }, caller));
    await until(() => accepted.size > 500, { timeoutMs: 20_000 });
    await session.broker.kill9();
    await callers;
    await session.broker.start();

    const { seen } = await session.consumer(connection, 'quorum');
    await until(async () => send(publisher, 'quorum', 'after').then(() => true), { timeoutMs: 20_000 });
    await until(() => seen.has('after'), { timeoutMs: 20_000 });
    expect([...accepted].filter((id) => !seen.has(id))).toEqual([]);
  }, 90_000);
});

describe('a broker that is down under load', () => {
  it('has every publish refused at once and keeps nothing in memory', async () => {
    const connection = await session.connect({ backoffMaxMs: 5000 });
    await session.declare(connection, 'down');
    const publisher = await session.publisher(connection);
    const content = Buffer.alloc(10 * KIBIBYTE);
    await session.broker.ctl('stop_app');
    try {
      await until(() => connection.state === 'connecting');
      const [before, waits, codes] = [process.memoryUsage().rss, [] as number[], new Set<string>()];
      const caller = async (): Promise<void> => {
        while (waits.length < REFUSALS) {
          const started = performance.now();
          // A body of its own for each, so that one kept would show.
          await send(publisher, 'down', 'm', Buffer.from(content)).catch((error: { code: string }) =>
            codes.add(error.code),
          );
          waits.push(performance.now() - started);
          await nextTurn();
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      expect(codes).toEqual(new Set(['BROKER_UNREACHABLE']));
      expect(percentile(waits, 0.99)).toBeLessThan(50);
      expect(publisher.inFlight).toBe(0);
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * MEBIBYTE);
    } finally {
      await session.broker.ctl('start_app');
    }
    await until(async () => send(publisher, 'down', 'after').then(() => true), { timeoutMs: 20_000 });
  }, 60_000);
});

describe('a frozen broker', () => {
  it('is left for the next one within the heartbeats, and its unconfirmed messages end as unknown', async () => {
    const vhost = await createVhost('failover');
    try {
      const connection = await session.connect({
        urls: [session.broker.url, vhost.url],
        heartbeatSeconds: 1,
        connectTimeoutMs: 1000,
        random: () => 0.999,
      });
      expect(connection.describe().port).toBe(session.broker.port);
      await session.declare(connection, 'frozen');
      const publisher = await session.publisher(connection, { deadlineMs: 1000 });
      await session.broker.signal('SIGSTOP');
      const frozen = performance.now();
      await expect(send(publisher, 'frozen', 'lost?')).rejects.toMatchObject({ code: 'PUBLISH_UNKNOWN' });
      await until(
        () => connection.describe().port !== session.broker.port && connection.state === 'connected',
      );
      expect(performance.now() - frozen).toBeLessThan(5000);
      await session.declare(connection, 'frozen');
      await until(async () => send(publisher, 'frozen', 'over there').then(() => true));
      await session.release();
    } finally {
      await session.broker.signal('SIGCONT');
      await vhost.drop();
    }
  });
});

describe('a storm of resets', () => {
  it('is met with growing waits, about one attempt a second', async () => {
    const proxy = await TcpProxy.start(session.broker.port);
    const urls = [`amqp://127.0.0.1:${proxy.port}/`];
    const connection = await session.connect({ urls, backoffInitialMs: 200, backoffMaxMs: 10_000 });
    const storm = setInterval(() => proxy.reset(), 200);
    const before = proxy.accepted;
    await sleep(STORM_MS);
    clearInterval(storm);
    expect(proxy.accepted - before).toBeLessThanOrEqual(8);
    await connection.ready(20_000);
    await connection.stop();
    await proxy.stop();
  }, 60_000);
});
