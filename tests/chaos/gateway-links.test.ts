import { randomUUID } from 'node:crypto';
import { BadLink, type Way } from '../support/bad-link';
import { Cleanup } from '../support/cleanup';
import { post, ready } from '../support/gateway-requests';
import { type Answer, type RunningGateway, startGateway } from '../support/running-gateway';
import { drain } from '../support/submission-ledger';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const DEADLINE_MS = 2000;
/** The broker itself is well: what is in a queue comes at once. */
const QUIET_MS = 700;
const PATIENT = { timeoutMs: 60_000 };

const cleanup = new Cleanup();
let vhost: TestVhost;
let link: BadLink;
let gateway: RunningGateway;

beforeAll(async () => {
  vhost = await createVhost('links');
  cleanup.does(() => vhost.drop());
  link = await cleanup.stops(BadLink.to(vhost.url));
  gateway = await cleanup.stops(
    startGateway({
      CELERY_BROKER_URL: link.url,
      RABBITMQ_BACKOFF_MAX_MS: '500',
      RABBITMQ_HEARTBEAT_SECONDS: '2',
      PUBLISHER_DEADLINE_MS: String(DEADLINE_MS),
      IDEMPOTENCY_LEASE_SECONDS: '3',
    }),
  );
  await ready(gateway);
}, 60_000);

afterAll(() => cleanup.run(), 30_000);
afterEach(async () => {
  link.heal();
  await ready(gateway);
}, 60_000);

/** Submits many at once, each with an id of its own. */
async function submitMany(queue: string, count: number, kwargs: object = {}) {
  const ids = Array.from({ length: count }, () => randomUUID());
  const answers = await Promise.all(
    ids.map((task_id) =>
      post(gateway, '/rabbitmq/tasks/submit', { task_name: 'tasks.add', task_id, queue, kwargs }),
    ),
  );
  const of = (holds: (answer: Answer) => boolean) => ids.filter((_, at) => holds(answers[at] as Answer));
  return {
    answers,
    accepted: of(({ status }) => status === 202),
    refused: of(({ status }) => status === 503),
    unknown: of(({ status }) => status === 504),
  };
}

/** Nothing accepted is missing, nothing refused is there. */
async function expectHeld(queue: string, sent: Awaited<ReturnType<typeof submitMany>>): Promise<void> {
  for (const { status, body } of sent.answers)
    expect([status, body.code]).toEqual(
      status === 202 ? [202, undefined] : [expect.any(Number), expect.stringMatching(/^[A-Z_]+$/)],
    );
  expect(sent.accepted.length + sent.refused.length + sent.unknown.length).toBe(sent.answers.length);
  const found = await drain([vhost.url], queue, QUIET_MS);
  expect(sent.accepted.filter((id) => found.get(id) !== 1)).toEqual([]);
  expect(sent.refused.filter((id) => found.has(id))).toEqual([]);
}

test('a link that is 200 ms late: all is accepted, side by side, and heartbeats hold', async () => {
  await submitMany('late', 1);
  link.latencyMs = 200;
  const startedAt = performance.now();
  const sent = await submitMany('late', 50);
  const tookMs = performance.now() - startedAt;
  expect(sent.accepted).toHaveLength(50);
  // One after the other they would take fifty times 400 ms.
  expect(tookMs).toBeLessThan((50 * 400) / 2);
  expect((await gateway.call('GET', '/health/ready')).body).toMatchObject({ broker: { state: 'connected' } });
  link.heal();
  await expectHeld('late', sent);
}, 90_000);

test('a link of 2 KB a second: every submission is answered by its deadline, and none waits for ever', async () => {
  await submitMany('slow', 1);
  link.bytesPerSecond = 2000;
  const startedAt = performance.now();
  const sent = await submitMany('slow', 40, { text: 'x'.repeat(2000) });
  expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS * 8);
  expect(sent.unknown.length + sent.refused.length).toBeGreaterThan(0);
  link.heal();
  await ready(gateway);
  // What was written and not confirmed yet holds its place until then, and no longer.
  await until(async () => {
    const { body } = await gateway.call('GET', '/health/ready');
    return (body.broker as { publishes_in_flight: number }).publishes_in_flight === 0;
  }, PATIENT);
  await expectHeld('slow', sent);
}, 120_000);

test.each<readonly [Way]>([['up'], ['down']])(
  'a link that carries nothing %s: found by heartbeat, what was under way is unknown, and it comes back',
  async (way) => {
    const queue = `one-way-${way}`;
    await submitMany(queue, 1);
    link.stalled.add(way);
    const sent = await submitMany(queue, 20);
    expect(sent.accepted).toEqual([]);
    expect(sent.unknown.length).toBeGreaterThan(0);
    await until(async () => {
      const { body } = await gateway.call('GET', '/health/ready');
      return (body.broker as { state: string }).state !== 'connected';
    }, PATIENT);
    link.heal();
    await ready(gateway);
    const after = await submitMany(queue, 5);
    expect(after.accepted).toHaveLength(5);
    await expectHeld(queue, {
      answers: [...sent.answers, ...after.answers],
      accepted: after.accepted,
      refused: sent.refused,
      unknown: sent.unknown,
    });
  },
  120_000,
);

test.each<readonly [Way]>([['up'], ['down']])(
  'bytes that arrive changed %s end the connection and nothing else',
  async (way) => {
    await submitMany('corrupt', 1);
    link.corrupted.add(way);
    const sent = await submitMany('corrupt', 10);
    await until(() => !link.corrupted.has(way), PATIENT);
    await ready(gateway);
    await until(async () => (await submitMany('corrupt', 1)).accepted.length === 1, PATIENT);
    expect((await gateway.call('GET', '/health/live')).status).toBe(200);
    await drain([vhost.url], 'corrupt', QUIET_MS).then((found) =>
      expect(sent.accepted.filter((id) => !found.has(id))).toEqual([]),
    );
  },
  120_000,
);

test('a confirm that does not come back: repeated with its Idempotency-Key the task is there once', async () => {
  const task = { task_name: 'tasks.add', queue: 'once' };
  const headers = { 'Idempotency-Key': randomUUID() };
  await submitMany('once', 1);
  await drain([vhost.url], 'once', QUIET_MS);
  const claimed = async () => post(gateway, '/rabbitmq/tasks/submit', task, { headers });
  // The claim of the key goes through; what comes back of the task's own publish does not.
  const first = claimed();
  link.stalled.add('down');
  const answer = await first;
  expect([202, 503, 504]).toContain(answer.status);
  link.heal();
  await ready(gateway);
  const repeated = await until(async () => {
    const again = await claimed();
    return again.status === 202 && again;
  }, PATIENT);
  const found = await drain([vhost.url], 'once', QUIET_MS);
  expect([...found]).toEqual([[repeated.body.task_id, 1]]);
}, 120_000);
