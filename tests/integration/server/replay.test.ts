import { randomUUID } from 'node:crypto';
import { createWorker, defineTask, type Worker } from '../../../workers';
import { depth, post, ready } from '../../support/gateway-requests';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const SUBMIT = '/rabbitmq/tasks/submit';
const QUEUE = 'replayed';

let vhost: TestVhost;
let one: RunningGateway;
let two: RunningGateway;
let worker: Worker;
/** Tasks that fail as long as it is true. */
let failing = true;

const tasks = [
  defineTask('t.flaky', { params: ['x', { name: 'note', default: '' }] }, (context, { x, note }) => {
    if (failing) throw new RangeError('not now');
    return {
      x,
      note,
      replayOf: context.request.headers.replay_of ?? null,
      mine: context.request.headers.mine ?? null,
    };
  }),
];

beforeAll(async () => {
  vhost = await createVhost('replay');
  const start = () => startGateway({ CELERY_BROKER_URL: vhost.url });
  [one, two] = await Promise.all([start(), start()]);
  worker = createWorker({
    tasks,
    broker: vhost.url,
    queues: [QUEUE],
    hostname: 'replayer@%h',
    concurrency: 4,
    taskEvents: true,
    mingle: false,
  });
  await Promise.all([ready(one), ready(two), worker.start()]);
});

afterAll(async () => {
  await worker.stop();
  await Promise.all([one.stop(), two.stop()]);
  await vhost.drop();
});

/** Waits for a state of a task, as one gateway tells it. */
const inState = (gateway: RunningGateway, taskId: unknown, status: string) =>
  until(
    async () => {
      const { body } = await gateway.call('GET', `/rabbitmq/tasks/${String(taskId)}?wait=5`);
      return body.status === status ? body : undefined;
    },
    { timeoutMs: 30_000, what: `${status} of ${String(taskId)}` },
  );

async function failedTask(extra: object = {}): Promise<string> {
  failing = true;
  const { body } = await post(one, SUBMIT, { task_name: 't.flaky', args: [7], queue: QUEUE, ...extra });
  await inState(two, body.task_id, 'FAILURE');
  return String(body.task_id);
}

describe('a task that failed', () => {
  test('is submitted again by another replica with the arguments and headers it had', async () => {
    const taskId = await failedTask({ kwargs: { note: 'n' }, headers: { mine: 'h' }, tags: ['a'] });
    failing = false;
    const answer = await post(two, `/rabbitmq/tasks/${taskId}/retry`, {});
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ task_id: expect.any(String), replay_of: taskId, status: 'PENDING' });
    expect(answer.body.task_id).not.toBe(taskId);
    expect(answer.headers.get('location')).toBe(`/rabbitmq/tasks/${String(answer.body.task_id)}`);
    const done = await inState(one, answer.body.task_id, 'SUCCESS');
    expect(done.result).toEqual({ x: 7, note: 'n', replayOf: taskId, mine: 'h' });
  });

  test('is submitted again with edits, to another queue, under an id of the caller', async () => {
    const taskId = await failedTask();
    const elsewhere = `q-${randomUUID()}`;
    const chosen = randomUUID();
    const answer = await post(one, `/rabbitmq/tasks/${taskId}/retry`, {
      args: [8],
      queue: elsewhere,
      task_id: chosen,
    });
    expect(answer.body).toMatchObject({ task_id: chosen, replay_of: taskId });
    expect(await depth(one, elsewhere)).toBe(1);
    const shown = await one.call('GET', `/rabbitmq/tasks/${chosen}`);
    expect(shown.body).toMatchObject({ queue: elsewhere });
  });

  test('is submitted again once for one Idempotency-Key', async () => {
    const taskId = await failedTask();
    const elsewhere = `q-${randomUUID()}`;
    const headers = { 'idempotency-key': elsewhere };
    const answers = [one, two].map((gateway) =>
      post(gateway, `/rabbitmq/tasks/${taskId}/retry`, { queue: elsewhere }, { headers }),
    );
    const ids = (await Promise.all(answers)).flatMap(({ status, body }) =>
      status === 202 ? [body.task_id] : [],
    );
    expect(new Set(ids).size).toBe(1);
    expect(await depth(one, elsewhere)).toBe(1);
  });

  test('and others are submitted again by a filter, after a dry run has counted them', async () => {
    const tag = randomUUID();
    const ids = [await failedTask({ tags: [tag] }), await failedTask({ tags: [tag] })].sort();
    const filter = { tag, state: 'FAILURE' };
    const dry = await until(
      async () => {
        const answer = await post(two, '/rabbitmq/tasks/retry', { filter, dry_run: true });
        return answer.body.count === 2 ? answer : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(dry.body).toMatchObject({ dry_run: true, accepted: 0, results: expect.any(Array) });
    const refused = await post(two, '/rabbitmq/tasks/retry', { filter, limit: 1 });
    expect(refused.body).toMatchObject({ status: 400, errors: [{ pointer: '/filter' }] });
    failing = false;
    const done = await post(two, '/rabbitmq/tasks/retry', { filter });
    expect([done.status, done.body.accepted]).toEqual([202, 2]);
    const results = done.body.results as readonly { readonly replay_of: string; readonly task_id: string }[];
    expect(results.map(({ replay_of }) => replay_of).sort()).toEqual(ids);
    for (const { task_id } of results) await inState(one, task_id, 'SUCCESS');
  });
});

describe('a task that cannot be submitted again', () => {
  test('is one that is not on record, or not finished: each says which', async () => {
    const waiting = await post(one, SUBMIT, { task_name: 't.flaky', args: [1], queue: `q-${randomUUID()}` });
    const pending = String(waiting.body.task_id);
    const answer = await post(two, '/rabbitmq/tasks/retry', { task_ids: [pending, 'never'] });
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      count: 2,
      refused: 2,
      results: [
        { replay_of: pending, problem: { status: 409, code: 'TASK_NOT_FINISHED' } },
        { replay_of: 'never', problem: { status: 404, code: 'TASK_NOT_RECORDED' } },
      ],
    });
    expect((await post(one, `/rabbitmq/tasks/${pending}/retry`, {})).status).toBe(409);
    expect((await post(one, `/rabbitmq/tasks/${pending}/retry`, { force: true })).status).toBe(202);
  });

  test.each([
    [{ queue: 'amq.x' }, 403, '/queue'],
    [{ args: {} }, 400, '/args'],
    [{ countdown: 1, eta: '2030-01-01T00:00:00Z' }, 400, ''],
    [{ unknown: 1 }, 400, '/unknown'],
  ])('for %j is refused with a pointer', async (body, status, pointer) => {
    const taskId = await failedTask();
    const answer = await post(one, `/rabbitmq/tasks/${taskId}/retry`, body);
    expect(answer.body).toMatchObject({ status, errors: [{ pointer }] });
  });
});

test('a task that waited for its ETA in the broker goes back to its own queue', async () => {
  const queue = `quorum-${randomUUID()}`;
  await one.call('POST', '/rabbitmq/queues/declare', {
    queue_name: queue,
    arguments: { 'x-queue-type': 'quorum' },
  });
  const { body } = await post(one, SUBMIT, { task_name: 't.flaky', args: [1], queue, countdown: 3600 });
  const again = await until(
    async () => {
      const answer = await post(two, `/rabbitmq/tasks/${String(body.task_id)}/retry`, { force: true });
      return answer.status === 202 ? answer : undefined;
    },
    { timeoutMs: 30_000 },
  );
  expect(again.body.replay_of).toBe(body.task_id);
  await until(async () => (await depth(one, queue)) === 1, { timeoutMs: 30_000 });
});
