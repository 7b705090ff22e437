import { randomUUID } from 'node:crypto';
import { createWorker, defineTask } from '../../workers';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { type Answer, type RunningGateway, startGateway } from '../support/running-gateway';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const WORKFLOWS = '/rabbitmq/workflows';
const python = { queue: 'python' };
const typescript = { queue: 'typescript' };
const task = (task_name: string, args: readonly unknown[] = [], rest: object = python) => ({
  type: 'task',
  task_name,
  args,
  ...rest,
});
const add = (args: readonly unknown[], rest: object = python) => task('interop.add', args, rest);
const echo = (rest: object = typescript) => task('interop.echo', [], rest);
const chain = (...tasks: readonly unknown[]) => ({ type: 'chain', tasks });
const group = (...tasks: readonly unknown[]) => ({ type: 'group', tasks });
const chord = (header: readonly unknown[], body: unknown) => ({ type: 'chord', header, body });

interface Node {
  readonly status: string;
  readonly task_id?: string;
  readonly result?: unknown;
  readonly tasks?: readonly Node[];
  readonly header?: readonly Node[];
  readonly body?: Node;
}

describe.each([
  ['rpc', 'rpc://'],
  ['redis', testRedisUrl()],
])('workflows over HTTP with %s results, run by Python and TypeScript workers', (label, resultBackend) => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let gateway: RunningGateway;
  const runs: unknown[] = [];
  let broken = false;

  const start = async (): Promise<RunningGateway> => {
    const started = await startGateway({
      RABBITMQ_URL: vhost.url,
      CELERY_RESULT_BACKEND: resultBackend,
      // A busy machine's workers answer late; who has answered ends the wait.
      CONTROL_TIMEOUT_MS: '10000',
    });
    await until(async () => (await started.call('GET', '/health/ready')).status === 200, {
      timeoutMs: 30_000,
    });
    return started;
  };

  beforeAll(async () => {
    vhost = await createVhost(`workflows-${label}`);
    cleanup.does(() => vhost.drop());
    const tasks = [
      defineTask('interop.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
      defineTask('interop.echo', { params: ['value'] }, (_context, { value }) => value),
      defineTask('wf.flaky', { params: ['value', 'other'] }, (_context, { value }) => {
        runs.push(value);
        if (broken) throw new Error('not yet');
        return Number(value) * 10;
      }),
    ];
    const worker = createWorker({
      broker: vhost.url,
      resultBackend,
      queues: ['typescript'],
      hostname: 'typescript@here',
      mingle: false,
      tasks,
    });
    const python = startPythonWorker({ brokerUrl: vhost.url, resultBackend, queues: ['python', 'celery'] });
    [gateway] = await Promise.all([start(), cleanup.stops(python), worker.start()]);
    cleanup.does(() => worker.stop());
    cleanup.does(() => gateway.stop());
  });

  beforeEach(() => {
    broken = false;
    runs.length = 0;
  });

  afterAll(() => cleanup.run());

  const submit = async (body: unknown): Promise<string> => {
    const answer = await gateway.call('POST', WORKFLOWS, body);
    expect(answer).toMatchObject({ status: 202, body: { workflow_id: expect.any(String) } });
    const id = answer.body.workflow_id as string;
    expect(answer.headers.get('location')).toBe(`${WORKFLOWS}/${id}`);
    return id;
  };
  const ended = async (id: string): Promise<Answer['body']> =>
    until(
      async () => {
        const { body } = await gateway.call('GET', `${WORKFLOWS}/${id}?wait=10`);
        return body.done === true && body;
      },
      { timeoutMs: 40_000, what: `the end of ${id}` },
    );

  it.each<readonly [string, unknown, unknown]>([
    ['a chain of both kinds', chain(add([1, 2]), add([3], typescript), add([4])), 10],
    ['a group', group(add([1, 2]), add([3, 4], typescript)), [3, 7]],
    ['a chord', chord([add([1, 2]), add([3, 4], typescript)], echo()), [3, 7]],
    [
      'a chord inside a chain',
      chain(add([1, 2]), group(add([10]), add([20], typescript)), echo(), echo(python)),
      [13, 23],
    ],
    [
      'a chord of chains and chords',
      chord([chain(add([1, 2]), add([3], typescript)), chord([add([4, 5])], echo())], echo(python)),
      [6, [9]],
    ],
    [
      'a map, a starmap and chunks',
      group(
        { type: 'map', task: { task_name: 'interop.echo', ...python }, items: [1, 2] },
        {
          type: 'starmap',
          task: { task_name: 'interop.add', ...python },
          items: [
            [1, 2],
            [3, 4],
          ],
        },
        {
          type: 'chunks',
          task: { task_name: 'interop.add', ...python },
          items: [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
          size: 2,
        },
      ),
      [
        [1, 2],
        [3, 7],
        [[2, 4], [6]],
      ],
    ],
    ['one task', add([1, 2]), 3],
  ])('%s ends with the value of its last step', async (_, body, value) => {
    const end = await ended(await submit(body));
    expect(end).toMatchObject({ status: 'SUCCESS', done: true, result: value, error: null });
  });

  it('the graph has the state of each task, also for a gateway that starts later', async () => {
    const id = await submit(chain(add([1, 2]), chord([add([1]), add([2], typescript)], echo())));
    const before = await ended(id);
    await gateway.stop();
    gateway = await start();
    const { status, body } = await gateway.call('GET', `${WORKFLOWS}/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual(before);
    const [first, second] = (body.graph as Node).tasks as readonly Node[];
    expect(first).toMatchObject({ type: 'task', status: 'SUCCESS', result: 3 });
    expect(second?.header?.map(({ result }) => result)).toEqual([4, 5]);
    expect(second?.body).toMatchObject({ status: 'SUCCESS', result: [4, 5] });
  });

  it('a retry runs what failed and what comes after it, and nothing that succeeded', async () => {
    broken = true;
    const flaky = (value: number) => task('wf.flaky', [value], typescript);
    const id = await submit(
      chain(
        add([1, 2]),
        group(add([10]), chain(echo(python), flaky(0)), add([20], typescript)),
        echo(python),
      ),
    );
    const failed = await ended(id);
    expect(failed).toMatchObject({ status: 'FAILURE', result: null, error: { message: 'not yet' } });
    const [, header] = (failed.graph as Node).tasks as readonly Node[];
    const kept = header?.tasks?.[0]?.task_id;
    broken = false;
    const answer = await gateway.call('POST', `${WORKFLOWS}/${id}/retry`);
    expect(answer).toMatchObject({ status: 202, body: { workflow_id: id, retries: 1 } });
    const end = await ended(id);
    expect(end).toMatchObject({ status: 'SUCCESS', result: [13, 30, 23], retries: 1 });
    const [, again] = (end.graph as Node).tasks as readonly Node[];
    expect(again?.tasks?.[0]?.task_id).toBe(kept);
    expect(runs).toEqual([3, 3]);
    await expect(gateway.call('POST', `${WORKFLOWS}/${id}/retry`)).resolves.toMatchObject({
      status: 409,
      body: { code: 'WORKFLOW_CONFLICT' },
    });
  });

  it('a cancelled workflow runs no further', async () => {
    const far = { ...typescript, countdown: 600 };
    const id = await submit(chain(add([1, 2]), task('wf.flaky', [], far), echo()));
    await until(
      async () => {
        const { body } = await gateway.call('GET', `${WORKFLOWS}/${id}?wait=1`);
        return ((body.graph as Node).tasks?.[0]?.status ?? '') === 'SUCCESS';
      },
      { timeoutMs: 30_000 },
    );
    const canceled = await gateway.call('DELETE', `${WORKFLOWS}/${id}`);
    expect(canceled).toMatchObject({ status: 200, body: { workflow_id: id, count: 2 } });
    expect((canceled.body.acknowledged as readonly string[]).length).toBeGreaterThan(0);
    const { body } = await gateway.call('GET', `${WORKFLOWS}/${id}`);
    expect(body.canceled_at).toEqual(expect.any(String));
    expect(runs).toEqual([]);
  });

  it.each<readonly [string, (here: object, there: object) => unknown]>([
    ['a group', (here, there) => group(echo({ ...here, args: [1] }), echo({ ...there, args: [2] }))],
    ['a chain', (here, there) => chain(echo({ ...here, args: [1] }), echo(there), echo())],
    [
      'a chord',
      (here, there) => chord([echo({ ...here, args: [1] }), echo({ ...there, args: [2] })], echo()),
    ],
  ])('%s that is cancelled while it waits for its workers is revoked by both kinds', async (_, made) => {
    // Nobody serves these yet: what waits there is revoked for sure before it runs.
    const held = { python: `held-${randomUUID()}`, typescript: `held-${randomUUID()}` };
    const id = await submit(made({ queue: held.python }, { queue: held.typescript }));
    const canceled = await gateway.call('DELETE', `${WORKFLOWS}/${id}`);
    expect(canceled).toMatchObject({ status: 200, body: { workflow_id: id } });
    expect(canceled.body.acknowledged).toHaveLength(2);
    const nodes = canceled.body.acknowledged as readonly string[];
    for (const node of nodes) {
      const queue = node === 'typescript@here' ? held.typescript : held.python;
      const served = await gateway.call('POST', '/rabbitmq/workers/add-consumer', { workers: [node], queue });
      expect(served.status).toBe(200);
    }
    const { graph, result } = await until(
      async () => {
        const { body } = await gateway.call('GET', `${WORKFLOWS}/${id}?wait=5`);
        return body.done === true && body;
      },
      { timeoutMs: 40_000, what: `the end of ${id}` },
    );
    expect(result).toBeNull();
    const leaves = (node: Node): readonly Node[] =>
      node.task_id === undefined
        ? [...(node.tasks ?? []), ...(node.header ?? []), ...(node.body ? [node.body] : [])].flatMap(leaves)
        : [node];
    const statuses = leaves(graph as Node).map(({ status }) => status);
    expect(statuses[0]).toBe('REVOKED');
    expect(statuses).not.toContain('SUCCESS');
  });
});
