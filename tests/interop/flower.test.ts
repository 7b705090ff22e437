import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Flower } from '../support/flower';
import { startTypeScriptWorker } from '../support/processes';
import { type PythonApp, runPython } from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const NODE = 'typescript@here';
/** What the page of tasks asks for its table. */
const TASK_TABLE = `/tasks/datatable?${new URLSearchParams({
  draw: '1',
  start: '0',
  length: '10',
  'search[value]': '',
  'order[0][column]': '0',
  'order[0][dir]': 'asc',
  'columns[0][data]': 'name',
})}`;

interface WorkerInfo {
  readonly stats: { readonly pool: Readonly<Record<string, unknown>> };
  readonly active_queues: readonly { readonly name: string }[];
  readonly registered: readonly string[];
  readonly revoked: readonly string[];
}

interface TaskInfo {
  readonly name: string;
  readonly args: string;
  readonly kwargs: string;
  readonly state: string;
  readonly result: string | null;
  readonly runtime: number | null;
  readonly worker: string;
  readonly exception: string | null;
}

describe('Flower with a TypeScript worker', () => {
  let app: PythonApp;
  let flower: Flower;
  let worker: TestProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    const vhost = await createVhost('flower');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url };
    worker = await cleanup.stops(startTypeScriptWorker({ ...app, name: NODE, concurrency: 2 }));
    flower = await cleanup.stops(Flower.start(app));
    await until(async () => (await info()) !== undefined, {
      what: 'the worker in Flower',
      timeoutMs: 30_000,
    });
  });

  afterAll(() => cleanup.run());

  /** The worker as Flower has it after asking it anew. */
  async function info(): Promise<WorkerInfo | undefined> {
    const path = `/api/workers?refresh=1&workername=${NODE}`;
    return (await flower.json<Record<string, WorkerInfo>>(path))[NODE];
  }

  async function task(id: string, state: string): Promise<TaskInfo> {
    return until(
      async () => {
        const known = await flower.json<TaskInfo>(`/api/task/info/${id}`);
        return known.state === state && known;
      },
      { what: `task ${id} as ${state} in Flower` },
    );
  }

  const submit = (call: string): Promise<string> =>
    runPython<string>(app, `from interop_app import *\nanswer(${call}.id)`);

  /** Presses a button and expects that it is taken. */
  async function press(path: string): Promise<string> {
    const { status, text } = await flower.post(path);
    expect([status, text]).toEqual([200, expect.stringContaining('message')]);
    return text;
  }

  it('lists it as online and shows every tab of its page', async () => {
    const list = await flower.get('/workers');
    expect(list.status).toBe(200);
    expect(list.text).toContain(NODE);
    const statuses = await flower.json<Record<string, boolean>>('/api/workers?status=true');
    expect(statuses).toEqual({ [NODE]: true });

    const page = await flower.get(`/worker/${NODE}`);
    expect(page.status).toBe(200);
    for (const tab of ['Pool', 'Broker', 'Queues', 'Tasks', 'Limits', 'Config', 'System', 'Other']) {
      expect(page.text).toContain(tab);
    }
    for (const shown of ['interop.add', 'celery', 'Max concurrency', 'Prefetch', 'worker_concurrency']) {
      expect(page.text).toContain(shown);
    }
  });

  it('shows a success and a failure with name, arguments, result and runtime', async () => {
    const [good, bad] = [await submit('add.delay(2, y=3)'), await submit("fail.delay('no good')")];

    expect(await task(good, 'SUCCESS')).toMatchObject({
      name: 'interop.add',
      args: '(2,)',
      kwargs: "{'y': 3}",
      result: '5',
      runtime: expect.any(Number),
      worker: NODE,
    });
    expect(await task(bad, 'FAILURE')).toMatchObject({
      name: 'interop.fail',
      exception: "TypeError('no good')",
      worker: NODE,
    });
    for (const path of [
      '/tasks',
      `/task/${good}`,
      `/task/${bad}`,
      '/broker',
      '/metrics',
      '/api/tasks',
      '/',
    ]) {
      expect([path, (await flower.get(path)).status]).toEqual([path, 200]);
    }
    const table = await flower.post(TASK_TABLE);
    expect([table.status, table.text]).toEqual([200, expect.stringContaining(good)]);
    expect(await flower.json('/api/task/types')).toEqual({
      'task-types': ['interop.add', 'interop.fail'],
    });
  });

  it('changes rate and time limits', async () => {
    const rate = await press(`/api/task/rate-limit/interop.echo?workername=${NODE}&ratelimit=30/m`);
    expect(rate).toContain('new rate limit set successfully');
    const time = await press(`/api/task/timeout/interop.echo?workername=${NODE}&hard=20&soft=10`);
    expect(time).toContain('time limits set successfully');
    expect((await info())?.registered).toContain('interop.echo [rate_limit=30/m]');
    const refused = await flower.post(`/api/task/rate-limit/interop.echo?workername=${NODE}&ratelimit=x/m`);
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining('Invalid rate limit string'),
    ]);
  });

  it('grows and shrinks the pool', async () => {
    await press(`/api/worker/pool/grow/${NODE}?n=2`);
    expect((await info())?.stats.pool['max-concurrency']).toBe(4);
    await press(`/api/worker/pool/shrink/${NODE}?n=1`);
    expect((await info())?.stats.pool['max-concurrency']).toBe(3);
  });

  it('adds and cancels a consumer', async () => {
    const queues = async () => (await info())?.active_queues.map(({ name }) => name);
    await press(`/api/worker/queue/add-consumer/${NODE}?queue=more`);
    await until(async () => (await queues())?.includes('more'), { what: 'the queue added' });
    const id = await submit("echo.apply_async(('by the new queue',), queue='more')");
    expect((await task(id, 'SUCCESS')).result).toBe("'by the new queue'");

    await press(`/api/worker/queue/cancel-consumer/${NODE}?queue=more`);
    await until(async () => (await queues())?.includes('more') === false, { what: 'the queue cancelled' });
  });

  it('revokes a waiting task and terminates a running one', async () => {
    const waiting = await submit('echo.apply_async((1,), countdown=30)');
    await task(waiting, 'RECEIVED');
    await press(`/api/task/revoke/${waiting}`);
    await until(async () => (await info())?.revoked.includes(waiting), { what: 'the id revoked' });

    const running = await submit('sleep.delay(60)');
    await task(running, 'STARTED');
    await press(`/api/task/revoke/${running}?terminate=true&signal=SIGKILL`);
    await task(running, 'REVOKED');
  });

  it('shuts it down', async () => {
    await press(`/api/worker/shutdown/${NODE}`);

    expect(await worker.exit()).toBe(0);
    await until(
      async () => (await flower.json<Record<string, boolean>>('/api/workers?status=true'))[NODE] === false,
      { what: 'the worker offline in Flower' },
    );
    expect(flower.output).not.toMatch(/Traceback|HTTP 500| 500 (?:GET|POST)/);
  });
});
