import { Cleanup } from '../../support/cleanup';
import { keyOf } from '../../support/gateway-app';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { ToyWorker } from '../../support/toy-worker';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const WORKFLOWS = '/rabbitmq/workflows';
const WAIT = { timeoutMs: 30_000 };
const task = (task_name: string, args: readonly unknown[] = [], rest: object = {}) => ({
  type: 'task',
  task_name,
  args,
  ...rest,
});
const group = (...tasks: readonly unknown[]) => ({ type: 'group', tasks });

describe('workflows on two gateways', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let worker: ToyWorker;
  let first: RunningGateway;
  let second: RunningGateway;
  let broken = false;

  const start = async (): Promise<RunningGateway> => {
    const gateway = await startGateway({
      RABBITMQ_URL: vhost.url,
      CELERY_TASK_CREATE_MISSING_QUEUES: 'false',
    });
    cleanup.does(() => gateway.stop());
    await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, WAIT);
    return gateway;
  };

  beforeAll(async () => {
    vhost = await createVhost('workflows');
    cleanup.does(() => vhost.drop());
    worker = await cleanup.stops(
      new ToyWorker(vhost.url, {
        echo: ([value]) => value,
        flaky: ([value]) => {
          if (broken) throw new Error('not yet');
          return value;
        },
      }),
    );
    await worker.start();
    [first, second] = [await start(), await start()];
  });

  afterAll(() => cleanup.run());

  const ended = (gateway: RunningGateway, id: string) =>
    until(async () => {
      const { body } = await gateway.call('GET', `${WORKFLOWS}/${id}?wait=5`);
      return body.done === true && body;
    }, WAIT);

  const submit = async (gateway: RunningGateway, body: unknown): Promise<string> => {
    const answer = await gateway.call('POST', WORKFLOWS, body);
    expect(answer.status).toBe(202);
    return answer.body.workflow_id as string;
  };

  it('what one gateway took the other tells of and waits for', async () => {
    const id = await submit(first, {
      type: 'chord',
      header: [task('echo', [1]), task('echo', [2])],
      body: task('echo'),
    });
    await expect(ended(second, id)).resolves.toMatchObject({ status: 'SUCCESS', result: [1, 2] });
  });

  it('a submission repeated under its key, at another gateway, is the same workflow and runs once', async () => {
    const send = (gateway: RunningGateway) =>
      fetch(`${gateway.url}${WORKFLOWS}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${keyOf('submitter')}`,
          'content-type': 'application/json',
          'idempotency-key': 'the-order-4711',
        },
        body: JSON.stringify(group(task('echo', ['once']), task('echo', ['twice']))),
      });
    const one = (await (await send(first)).json()) as { workflow_id: string };
    const other = await until(async () => {
      const answer = await send(second);
      return answer.status === 202 && ((await answer.json()) as { workflow_id: string });
    }, WAIT);
    expect(other.workflow_id).toBe(one.workflow_id);
    await ended(first, one.workflow_id);
    const runs = [...worker.args].filter(([, args]) => args[0] === 'once').map(([id]) => worker.runs.get(id));
    expect(runs).toEqual([1]);
  });

  it('of two retries at the same moment one runs, the other is told so', async () => {
    broken = true;
    const id = await submit(first, group(task('echo', ['kept']), task('flaky', [7])));
    await expect(ended(first, id)).resolves.toMatchObject({
      status: 'FAILURE',
      error: { message: 'not yet' },
    });
    await expect(ended(second, id)).resolves.toMatchObject({ status: 'FAILURE' });
    broken = false;
    const before = worker.runs.size;
    const retries = await Promise.all(
      [first, second].map((gateway) => gateway.call('POST', `${WORKFLOWS}/${id}/retry`)),
    );
    expect(retries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 409]);
    await expect(ended(second, id)).resolves.toMatchObject({
      status: 'SUCCESS',
      result: ['kept', 7],
      retries: 1,
    });
    expect(worker.runs.size).toBe(before + 1);
  });

  it('a workflow that the broker does not take is not kept', async () => {
    const refused = await first.call(
      'POST',
      WORKFLOWS,
      task('echo', [1], { task_id: 'lost', queue: 'no-queue' }),
    );
    expect(refused.body.code).toBe('QUEUE_NOT_FOUND');
    const [workflow] = [refused.body.workflow_id];
    expect(workflow).toBeUndefined();
    const state = await first.call('GET', '/rabbitmq/tasks/lost');
    expect(state.status).toBe(404);
  });

  it('a header task that ignores its result is refused at its place', async () => {
    const header = [task('echo', [1]), task('echo', [2], { ignore_result: true })];
    const refused = await first.call('POST', WORKFLOWS, { type: 'chord', header, body: task('echo') });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'CANVAS_UNSUPPORTED', errors: [{ pointer: '/header/1' }] },
    });
  });

  it('an unknown workflow is 404 on every route', async () => {
    for (const [method, path] of [
      ['GET', `${WORKFLOWS}/unknown`],
      ['DELETE', `${WORKFLOWS}/unknown`],
      ['POST', `${WORKFLOWS}/unknown/retry`],
    ] as const) {
      const answer = await second.call(method, path);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'WORKFLOW_NOT_FOUND']);
    }
  });
});
