import { randomUUID } from 'node:crypto';
import { AmqpConnections, ConfirmPublisher, Topology } from '../../../amqp';
import { silentLogger, systemClock } from '../../../runtime';
import { ClaimLog, derivedId, fingerprintOf, keyOf } from '../../../server/idempotency';
import { keyOf as apiKey } from '../../support/gateway-app';
import { depth, post, ready } from '../../support/gateway-requests';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const SUBMIT = '/rabbitmq/tasks/submit';

let vhost: TestVhost;
let one: RunningGateway;
let two: RunningGateway;

const start = async (): Promise<RunningGateway> => {
  const gateway = await startGateway({ CELERY_BROKER_URL: vhost.url, IDEMPOTENCY_LEASE_SECONDS: '2' });
  await ready(gateway);
  return gateway;
};

const submit = (gateway: RunningGateway, key: string, body: unknown) =>
  post(gateway, SUBMIT, body, { headers: { 'idempotency-key': key } });

const task = (queue: string) => ({ task_name: 'tasks.add', args: [1, 2], queue });

beforeAll(async () => {
  vhost = await createVhost('idempotency');
  [one, two] = await Promise.all([start(), start()]);
});

afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await vhost.drop();
});

describe('the same Idempotency-Key', () => {
  test('with the same body gives the first answer at every replica, and one task', async () => {
    const queue = `q-${randomUUID()}`;
    const first = await submit(one, 'a', task(queue));
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([202, null]);
    for (const gateway of [one, two]) {
      const again = await submit(gateway, '"a"', { queue, args: [1, 2], task_name: 'tasks.add' });
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
      expect(again.body).toEqual(first.body);
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
    }
    expect(await depth(one, queue)).toBe(1);
  });

  test('with another body is refused', async () => {
    const queue = `q-${randomUUID()}`;
    await submit(one, 'b', task(queue));
    const other = await submit(two, 'b', { ...task(queue), args: [3] });
    expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await depth(one, queue)).toBe(1);
  });

  test('of another API key is another key', async () => {
    const queue = `q-${randomUUID()}`;
    const mine = await submit(one, 'c', task(queue));
    const theirs = await post(one, SUBMIT, task(queue), {
      headers: { 'idempotency-key': 'c' },
      role: 'admin',
    });
    expect(theirs.body.task_id).not.toBe(mine.body.task_id);
    expect(await depth(one, queue)).toBe(2);
  });

  test('of a request that is refused at this moment is free for those who ask at the same time', async () => {
    const { log, stop } = await openClaims();
    const wanted = { fingerprint: 'f', leaseMs: 5000 };
    const first = await until(() => log.claim('m0', wanted).catch(() => undefined), { timeoutMs: 30_000 });
    let held = first.won ? first.held : undefined;
    for (let round = 0; round < 50; round += 1) {
      // Refused, and given up by the one who had it: both are read in one turn.
      const again = log.claim('m0', wanted);
      await held?.release();
      const outcome = await again;
      if (outcome.won) held = outcome.held;
      else {
        const next = await log.claim('m0', wanted);
        expect(next.won).toBe(true);
        held = next.won ? next.held : undefined;
      }
    }
    await held?.release();
    await stop();
  });

  test('of a request that was refused is free for a better one', async () => {
    const queue = `q-${randomUUID()}`;
    expect((await submit(one, 'd', { ...task(queue), queue: 'amq.no' })).status).toBe(403);
    expect((await submit(two, 'd', task(queue))).status).toBe(202);
  });

  test('at two replicas in the same moment leads to one task', async () => {
    const queue = `q-${randomUUID()}`;
    const attempts = Array.from({ length: 24 }, (_each, index) =>
      submit(index % 2 === 0 ? one : two, 'e', task(queue)),
    );
    const answers = await Promise.all(attempts);
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(new Set(accepted.map(({ body }) => body.task_id)).size).toBe(1);
    const others = answers.filter(({ status }) => status !== 202);
    expect(new Set(others.map(({ body }) => body.code))).toEqual(
      new Set(others.length === 0 ? [] : ['IDEMPOTENCY_IN_FLIGHT']),
    );
    for (const { headers } of others) expect(headers.get('retry-after')).toBe('1');
    expect(await depth(one, queue)).toBe(1);
  });

  test('is known to a replica that starts later', async () => {
    const queue = `q-${randomUUID()}`;
    const first = await submit(one, 'f', task(queue));
    const late = await start();
    try {
      const again = await submit(late, 'f', task(queue));
      expect(again.body).toEqual(first.body);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect((await submit(late, 'f', { ...task(queue), args: [] })).status).toBe(422);
    } finally {
      await late.stop();
    }
    expect(await depth(one, queue)).toBe(1);
  });

  test('of a gateway that died after it had sent the task leads to no second one', async () => {
    const queue = `q-${randomUUID()}`;
    const body = task(queue);
    const scope = keyOf('request', 'submitter', 'POST', SUBMIT, 'g');
    const died = await claimedBySomebody(scope, fingerprintOf([{}, body]));
    const taskId = derivedId(scope, '0');
    await post(one, SUBMIT, { ...body, task_id: taskId });
    expect((await submit(two, 'g', body)).body).toMatchObject({ status: 409, code: 'IDEMPOTENCY_IN_FLIGHT' });
    await died.stop();
    const answer = await until(
      async () => {
        const again = await submit(two, 'g', body);
        return again.status === 202 ? again : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(answer.body.task_id).toBe(taskId);
    expect(await depth(one, queue)).toBe(1);
  });

  test.each(['', ' ', 'a b', 'ü', '"', 'x'.repeat(256)])('%j is no key', async (key) => {
    const answer = await fetch(`${one.url}${SUBMIT}`, {
      method: 'POST',
      headers: headersWith(key),
      body: JSON.stringify(task('q')),
    }).then((response) => response.json());
    expect(answer).toMatchObject({ status: 400, errors: [{ pointer: 'Idempotency-Key' }] });
  });
});

describe('a dedup window', () => {
  const deduped = (queue: string, dedup: object) => ({ ...task(queue), dedup });

  test('throttle: one task in each window, whichever replica is asked', async () => {
    const queue = `q-${randomUUID()}`;
    const body = deduped(queue, { key: queue, mode: 'throttle', window_seconds: 3600 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_each, index) => post(index % 2 === 0 ? one : two, SUBMIT, body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 202]);
    expect(new Set(answers.map(({ body: { task_id } }) => task_id)).size).toBe(1);
    expect(await depth(one, queue)).toBe(1);

    const brief = deduped(queue, { key: `${queue}-brief`, mode: 'throttle', window_seconds: 0.2 });
    await post(one, SUBMIT, brief);
    await until(async () => (await post(two, SUBMIT, brief)).status === 202, { timeoutMs: 30_000 });
  });

  test('until_done: the next task is taken when the first one has ended', async () => {
    const queue = `q-${randomUUID()}`;
    const body = deduped(queue, { key: 'k', mode: 'until_done' });
    const first = await post(one, SUBMIT, body);
    const second = await post(two, SUBMIT, body);
    expect([second.status, second.body]).toEqual([200, { ...first.body, deduplicated: true }]);
    await sendSuccess(String(first.body.task_id));
    const third = await until(
      async () => {
        const answer = await post(two, SUBMIT, body);
        return answer.status === 202 ? answer : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(third.body.task_id).not.toBe(first.body.task_id);
    expect(await depth(one, queue)).toBe(2);
  });

  test('debounce: each submission is delayed and puts the one before it aside', async () => {
    const queue = `q-${randomUUID()}`;
    const body = deduped(queue, { key: 'k', mode: 'debounce', window_seconds: 600 });
    const [first, second] = [await post(one, SUBMIT, body), await post(two, SUBMIT, body)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body.task_id).not.toBe(second.body.task_id);
  });

  test.each([
    [{ key: 'k', mode: 'throttle' }, '/dedup/window_seconds'],
    [{ key: 'k', mode: 'throttle', window_seconds: 1_000_000 }, '/dedup/window_seconds'],
    [{ key: '', mode: 'until_done' }, '/dedup/key'],
  ])('%j is refused with a pointer', async (dedup, pointer) => {
    const answer = await post(one, SUBMIT, deduped('q', dedup));
    expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer }] });
  });

  test('debounce with an ETA of the caller is refused', async () => {
    const dedup = { key: 'k', mode: 'debounce', window_seconds: 1 };
    const answer = await post(one, SUBMIT, { ...deduped('q', dedup), countdown: 3 });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: '/countdown' }] });
  });
});

function headersWith(key: string): Record<string, string> {
  return {
    authorization: `Bearer ${apiKey('submitter')}`,
    'content-type': 'application/json',
    // What HTTP itself refuses cannot be sent; the rest arrives as it is.
    'idempotency-key': key,
  };
}

/** A gateway's link to the broker, without the gateway. */
async function linked() {
  const logger = silentLogger();
  const connections = new AmqpConnections({ urls: [vhost.url], name: 'test', logger });
  const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
  await connections.start();
  await connections.ready(20_000);
  await publisher.start();
  const topology = new Topology({ connection: connections.consume, logger });
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await topology.close();
    await connections.stop();
  };
  return { connections, publisher, topology, logger, stop };
}

/** The claims as one more gateway knows them. */
async function openClaims(): Promise<{ readonly log: ClaimLog; stop(): Promise<void> }> {
  const { connections, publisher, topology, logger, stop } = await linked();
  const log = new ClaimLog({
    connection: connections.consume,
    publisher,
    topology,
    streamName: 'celery-gateway.idempotency',
    maxAgeSeconds: 3600,
    maxEntries: 100,
    clock: systemClock,
    logger,
  });
  await log.start();
  return {
    log,
    stop: async () => {
      await log.stop();
      await stop();
    },
  };
}

/** A claim whose gateway dies without a word. */
async function claimedBySomebody(key: string, fingerprint: string): Promise<{ stop(): Promise<void> }> {
  const { log, stop } = await openClaims();
  await until(async () => (await log.claim(key, { fingerprint, leaseMs: 2000 })).won, { timeoutMs: 30_000 });
  return { stop };
}

/** A result as a worker with `rpc://` sends it. */
async function sendSuccess(taskId: string): Promise<void> {
  const { publisher, stop } = await linked();
  const meta = { task_id: taskId, status: 'SUCCESS', result: 3, traceback: null, children: [] };
  await publisher.publish({
    exchange: '',
    routingKey: 'celery-gateway.results',
    content: Buffer.from(JSON.stringify(meta)),
    properties: { correlationId: taskId, contentType: 'application/json', contentEncoding: 'utf-8' },
  });
  await stop();
}
