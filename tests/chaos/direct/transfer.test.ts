import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ConfirmPublisher } from '../../../amqp';
import { BrokerSession } from '../../support/broker-session';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';

const FULL = process.env.FULL === '1';
/** Moved while the broker is killed. */
const KILLED_COUNT = FULL ? 50_000 : 6000;
const KILLS = FULL ? 5 : 1;
/** Moved against the clock. */
const SPEED_COUNT = FULL ? 100_000 : 10_000;
/** The full form holds the target itself; the quick one only that nothing has become slow by itself. */
const LEAST_RATIO = FULL ? 0.7 : 0.4;
/** What else the machine does may fall upon one of the two: the best of a few rounds counts. */
const ROUNDS = 4;
const WAIT_MS = FULL ? 600_000 : 120_000;
/** Far below what the messages moved would take, far above what the heap breathes by. */
const FLAT_BYTES = 24 * 1024 * 1024;
const BODY = Buffer.alloc(300, 'x');

let session: BrokerSession;
let gateway: RunningGateway;
let publisher: ConfirmPublisher;

beforeAll(async () => {
  session = await BrokerSession.open();
  gateway = await startGateway({
    CELERY_BROKER_URL: session.broker.url,
    RABBITMQ_BACKOFF_MAX_MS: '300',
    RATE_LIMIT_ADMIN: '1000000',
    RATE_LIMIT_READS: '1000000',
  });
  const connection = await session.connect({ backoffMaxMs: 300 });
  publisher = await session.publisher(connection, { maxInFlight: 5000, deadlineMs: 30_000 });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: WAIT_MS,
  });
}, WAIT_MS);

afterAll(async () => {
  await gateway.stop();
  await session.close();
}, WAIT_MS);

async function fill(queue: string, count: number): Promise<void> {
  const connection = await session.connect();
  await session.declare(connection, queue);
  for (let from = 0; from < count; from += 1000) {
    const ids = Array.from({ length: Math.min(1000, count - from) }, (_, index) => String(from + index));
    await Promise.all(
      ids.map((id) =>
        publisher.publish({
          exchange: '',
          routingKey: queue,
          content: BODY,
          properties: {
            deliveryMode: 2,
            messageId: id,
            contentType: 'text/plain',
            headers: { task: 'a.b', id },
          },
        }),
      ),
    );
  }
}

/** Takes all that is in a queue; how often each message was there. */
async function drain(queue: string): Promise<Map<string, number>> {
  const connection = await session.connect();
  const channel = await connection.openChannel();
  const seen = new Map<string, number>();
  const { messageCount } = await channel.checkQueue(queue);
  let received = 0;
  await channel.prefetch(1000);
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const id = String(message.properties.messageId);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    received += 1;
    channel.ack(message);
  });
  await until(() => received >= messageCount, {
    timeoutMs: WAIT_MS,
    what: `${messageCount} messages of ${queue}`,
  });
  await channel.close();
  return seen;
}

const operation = async (id: unknown) =>
  (await gateway.call('GET', `/rabbitmq/operations/${String(id)}`)).body;

interface Progress {
  readonly done: number;
  readonly in_doubt: number;
}

test.each([
  ['move', 'queues/moved.from/move', {}],
  // Forced, as the messages are no tasks a worker could read.
  ['replay', 'dead-letters/replayed.from/replay', { force: true }],
])(
  'a broker that is killed in the middle of a %s loses nothing, and doubles only what was moved before the kill',
  async (_kind, path, options) => {
    const [from = '', to = ''] = [path.split('/')[1], `${path.split('/')[1]}.to`];
    await fill(from, KILLED_COUNT);
    await session.declare(await session.connect(), to);
    const { body: begun } = await gateway.call('POST', `/rabbitmq/${path}?wait=0`, {
      to: { queue_name: to },
      ...options,
    });
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const share = (KILLED_COUNT * kill) / (KILLS + 1);
      await until(
        async () => {
          const now = await operation(begun.operation_id);
          return now.state !== 'RUNNING' || (now.progress as Progress).done >= share;
        },
        { timeoutMs: WAIT_MS, intervalMs: 5, what: 'a part being moved' },
      );
      await session.broker.kill9();
      await session.broker.start();
    }
    const ended = await until(
      async () => {
        const now = await operation(begun.operation_id);
        return now.state !== 'RUNNING' && now;
      },
      { timeoutMs: WAIT_MS, what: 'the end of the move' },
    );
    expect(ended).toMatchObject({ state: 'SUCCEEDED', progress: { failed: 0 } });
    const [left, moved] = [await drain(from), await drain(to)];
    const all = new Set([...left.keys(), ...moved.keys()]);
    const doubled = [...moved.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(all.size).toBe(KILLED_COUNT);
    expect(left.size).toBe(0);
    // Nothing is made twice that was not sent twice: what was done beyond their number, and what was in doubt.
    const { done, in_doubt: inDoubt } = ended.progress as Progress;
    expect(doubled).toBeLessThanOrEqual(done + inDoubt - KILLED_COUNT);
  },
  WAIT_MS,
);

/** What a good program of amqplib's own makes: consume, publish with confirm, acknowledge. */
async function rawMove(from: string, to: string, count: number): Promise<number> {
  const source = await (await session.connect()).openChannel();
  const target = await (await session.connect()).openConfirmChannel();
  const began = performance.now();
  let moved = 0;
  await source.prefetch(1000);
  await source.consume(from, (message) => {
    if (message === null) return;
    const { headers, messageId, contentType } = message.properties;
    const options = { persistent: true, mandatory: true, headers, messageId, contentType };
    target.sendToQueue(to, message.content, options, () => {
      source.ack(message);
      moved += 1;
    });
  });
  await until(() => moved >= count, { timeoutMs: WAIT_MS, intervalMs: 2, what: 'the raw loop' });
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([source.close(), target.close()]);
  return count / seconds;
}

/** Messages a second of one of our moves. */
async function ourMove(
  from: string,
  to: string,
  count: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<number> {
  const began = performance.now();
  const { body: begun } = await gateway.call('POST', `/rabbitmq/queues/${from}/move?wait=0`, {
    to: { queue_name: to },
  });
  const ended = await until(
    async () => {
      const now = await operation(begun.operation_id);
      onProgress((now.progress as Progress).done);
      return now.state !== 'RUNNING' && now;
    },
    { timeoutMs: WAIT_MS, intervalMs: 50, what: 'the end of the move' },
  );
  expect(ended).toMatchObject({ state: 'SUCCEEDED', progress: { done: count } });
  return count / ((performance.now() - began) / 1000);
}

/** What is alive in the heap, in bytes: without garbage. */
function liveHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test(
  'a move keeps pace with a raw loop of amqplib',
  async () => {
    await fill('speed.a', SPEED_COUNT);
    await session.declare(await session.connect(), 'speed.b');
    let best = 0;
    for (let round = 0; round < ROUNDS && best < LEAST_RATIO; round += 1) {
      const raw = await rawMove('speed.a', 'speed.b', SPEED_COUNT);
      const ours = await ourMove('speed.b', 'speed.a', SPEED_COUNT);
      best = Math.max(best, ours / raw);
      const figures = { raw: Math.round(raw), ours: Math.round(ours), ratio: ours / raw };
      if (FULL) process.stdout.write(`${JSON.stringify(figures)}\n`);
    }
    expect(best).toBeGreaterThanOrEqual(LEAST_RATIO);
  },
  WAIT_MS,
);

test(
  'the memory of a move does not grow with what it has moved',
  async () => {
    await fill('flat.a', SPEED_COUNT);
    await session.declare(await session.connect(), 'flat.b');
    const live: number[] = [];
    let next = SPEED_COUNT / 8;
    await ourMove('flat.a', 'flat.b', SPEED_COUNT, (done) => {
      if (done < next) return;
      next = done + SPEED_COUNT / 8;
      live.push(liveHeap());
    });
    if (FULL) process.stdout.write(`${JSON.stringify({ liveHeapBytes: live })}\n`);
    expect(live.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...live) - Number(live[0])).toBeLessThan(FLAT_BYTES);
  },
  WAIT_MS,
);
