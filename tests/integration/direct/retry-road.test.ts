import { DirectSession } from '../../support/direct-session';
import { until } from '../../support/until';

const WAIT_MS = 60_000;

let session: DirectSession;

beforeAll(async () => {
  session = await DirectSession.open('retry-road');
}, WAIT_MS);

afterAll(() => session.close());

const setUp = (queue: string, delays: readonly number[], more: object = {}) =>
  session.post('dead-letters/setup', { queue_name: queue, retry_delays_seconds: delays, ...more });

/** Rejects whatever comes; how often each message came. */
async function rejectAll(queue: string): Promise<Map<string, number>> {
  const runs = new Map<string, number>();
  const channel = await (await session.connect()).openChannel();
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const id = String(message.properties.correlationId);
    runs.set(id, (runs.get(id) ?? 0) + 1);
    channel.nack(message, false, false);
  });
  return runs;
}

const letters = async (queue: string) => (await session.get(`dead-letters/${queue}`)).body.items;

test('what is rejected comes back after each delay, and is dead after the last, with its count', async () => {
  const setup = await setUp('jobs', [0.05, 0.3]);
  expect(setup).toMatchObject({
    status: 200,
    body: {
      by: 'arguments',
      retries: {
        exchange: 'jobs.retry',
        delays_seconds: [0.05, 0.3],
        queue_names: ['jobs.retry-wait.1', 'jobs.retry-wait.2'],
      },
    },
  });
  const runs = await rejectAll('jobs');
  const began = Date.now();
  await session.sendTask('jobs', 'j1');
  await session.awaits('jobs.dead', 1);
  expect(Date.now() - began).toBeGreaterThanOrEqual(350);
  expect(runs.get('j1')).toBe(3);
  expect(await letters('jobs.dead')).toMatchObject([
    { task: { task_id: 'j1' }, dead_letter: { reason: 'rejected', queue_name: 'jobs', count: 3 } },
  ]);

  const replayed = await session.post('dead-letters/jobs.dead/replay', {});
  expect(replayed.body).toMatchObject({ progress: { done: 1 } });
  await until(() => runs.get('j1') === 6, { timeoutMs: WAIT_MS / 2, what: 'retries from the beginning' });
  await session.awaits('jobs.dead', 1);
});

test('a later set-up changes the number of retries, and sends nothing twice', async () => {
  await setUp('changed', [0.05, 0.05, 0.05]);
  await setUp('changed', [0.05]);
  const runs = await rejectAll('changed');
  await session.sendTask('changed', 'less');
  await session.awaits('changed.dead', 1);
  expect(runs.get('less')).toBe(2);
  await setUp('changed', [0.05, 0.05]);
  await session.sendTask('changed', 'more');
  await session.awaits('changed.dead', 2);
  expect(runs.get('more')).toBe(3);
  const delay = await setUp('changed', [5]);
  expect(delay).toMatchObject({ status: 409, body: { code: 'PRECONDITION_FAILED' } });
  expect(delay.body.detail).toContain('changed.retry-wait.1');
});

test('what expires, or was marked by a worker, is dead at once', async () => {
  await setUp('final', [60]);
  await session.send(
    'final',
    [[], {}, null],
    { correlationId: 'f1', expiration: '1' },
    { task: 'a.b', id: 'f1' },
  );
  await session.awaits('final.dead', 1);
  await session.publisher.publish({
    exchange: 'final.retry',
    routingKey: 'any.key',
    content: Buffer.from('broken'),
    properties: { correlationId: 'f2', headers: { 'x-celery-gateway-reason': 'decode_failed' } },
    trustedHeaders: true,
  });
  await session.awaits('final.dead', 2);
  expect(await letters('final.dead')).toMatchObject([
    { dead_letter: { reason: 'expired', queue_name: 'final', count: 1 } },
    { dead_letter: { reason: 'decode_failed' } },
  ]);
  expect(await session.waiting('final.retry-wait.1')).toBe(0);
});

test('a message that came through an exchange of its own keeps its road, and its count', async () => {
  await setUp('routed', [0.05, 0.05]);
  await session.topology.ensureExchange({ name: 'events', type: 'topic' });
  await session.topology.bindQueue({ queue: 'routed', exchange: 'events', routingKey: 'order.#' });
  const runs = await rejectAll('routed');
  await session.publisher.publish({
    exchange: 'events',
    routingKey: 'order.made',
    content: Buffer.from('1'),
    properties: { correlationId: 'r1' },
  });
  await session.awaits('routed.dead', 1);
  expect(runs.get('r1')).toBe(3);
  expect(await letters('routed.dead')).toMatchObject([
    { dead_letter: { exchange: 'events', routing_keys: ['order.made'], count: 3 } },
  ]);
});

test('retries that would lose messages on this broker are refused before anything is declared', async () => {
  const { serverVersion = '' } = (await session.connect()).describe();
  const [major = 0, minor = 0] = serverVersion.split('.').map(Number);
  const safe = major > 3 || minor >= 13;
  const answer = await setUp('limited', [1], { delivery_limit: 3 });
  expect(answer.status).toBe(safe ? 200 : 409);
  expect(JSON.stringify(answer.body)).toContain(safe ? 'limited.retry' : 'would lose messages');
  for (const queue of ['limited', 'limited.dead']) expect(await session.waiting(queue)).toBe(safe ? 0 : -1);
});

test.each([[[0]], [[1, -1]], [Array(11).fill(1)], ['often']])('%j are no delays', async (delays) => {
  const answer = await session.post('dead-letters/setup', {
    queue_name: 'bad',
    retry_delays_seconds: delays,
  });
  expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
});
