import { join } from 'node:path';
import { Cleanup } from '../support/cleanup';
import { EventStreamReader } from '../support/event-stream';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { REPOSITORY, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const HISTORY_TASKS = join(REPOSITORY, 'tests', 'fixtures', 'tasks', 'history-tasks.js');

type Json = Readonly<Record<string, unknown>>;

describe('the history of tasks', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let first: GatewayProcess;
  let second: GatewayProcess;

  beforeAll(async () => {
    vhost = await createVhost('task-history');
    cleanup.does(() => vhost.drop());
    [first, second] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(startPythonWorker({ brokerUrl: vhost.url, queues: ['python'], name: 'python@here' })),
      cleanup.stops(
        startTypeScriptWorker({
          brokerUrl: vhost.url,
          queues: ['typescript'],
          name: 'typescript@here',
          extraArgs: ['--tasks', HISTORY_TASKS],
        }),
      ),
    ]);
  }, 90_000);

  afterAll(() => cleanup.run());

  const task = async (gateway: GatewayProcess, taskId: string): Promise<Json> =>
    (await gateway.request('GET', `/rabbitmq/tasks/${taskId}`)).body;

  const complete = (gateway: GatewayProcess, taskId: string) =>
    until(
      async () => {
        const found = await task(gateway, taskId);
        const whole = found.runtime_seconds !== null && found.received_at !== null && found.args !== null;
        return whole && found.done_at !== null ? found : undefined;
      },
      { timeoutMs: 30_000, what: `all that is to be known of ${taskId}` },
    );

  const list = async (gateway: GatewayProcess, query: string) =>
    (await gateway.request<{ items: readonly Json[] }>('GET', `/rabbitmq/tasks?${query}`)).body.items;

  const listen = (gateway: GatewayProcess, path: string) =>
    EventStreamReader.open(`${gateway.url}${path}`, { 'x-api-key': gateway.keys.reader });

  it.each(['python', 'typescript'])(
    'of a %s worker is told by another replica, by list and by stream',
    async (queue) => {
      const stream = await listen(second, `/rabbitmq/events?queue=${queue}`);
      await stream.next('open');
      const taskId = await first.submit({ task_name: 'interop.add', args: [2], kwargs: { y: 3 }, queue });
      const one = await listen(first, `/rabbitmq/tasks/${taskId}/events`);
      await one.end();

      expect(one.events.at(-1)).toMatchObject({ event: 'end', data: { state: 'SUCCESS', result: 5 } });
      for (const type of ['task-queued', 'task-received', 'task-started', 'task-succeeded', 'task-result']) {
        expect((await stream.next(type)).data.task_id).toBe(taskId);
      }
      stream.close();
      expect(await complete(second, taskId)).toMatchObject({
        state: 'SUCCESS',
        args: [2],
        kwargs: { y: 3 },
        result: 5,
        worker: `${queue}@here`,
        root_id: taskId,
      });
    },
  );

  it.each(['python', 'typescript'])(
    'finds a failure of a %s worker by its text, with its traceback',
    async (queue) => {
      const taskId = await first.submit({ task_name: 'interop.fail', args: [`lost-${queue}`], queue });
      await complete(second, taskId);
      const found = await list(second, `state=FAILURE&error=LOST-${queue}`);
      expect(found.map(({ task_id: id }) => id)).toEqual([taskId]);
      expect((await task(second, taskId)).traceback).toEqual(expect.stringContaining(`lost-${queue}`));
    },
  );

  it('tells how far a task came and what it logged', async () => {
    const taskId = await first.submit({ task_name: 'history.chatty', args: [3], queue: 'typescript' });
    const logs = () => second.request<{ items: readonly Json[] }>('GET', `/rabbitmq/tasks/${taskId}/logs`);
    await until(async () => (await logs()).body.items?.length === 4, {
      timeoutMs: 30_000,
      what: 'four lines',
    });
    expect((await logs()).body).toMatchObject({
      truncated: false,
      items: [
        { level: 'info', message: 'line 1', fields: { line: 1 }, worker: 'typescript@here' },
        { message: 'line 2' },
        { message: 'line 3' },
        { level: 'warn', message: 'done', fields: { failed: { message: 'not really' } } },
      ],
    });
    expect(await complete(second, taskId)).toMatchObject({ progress: { current: 3 }, result: 3 });
    const { status } = await second.request('GET', '/rabbitmq/tasks/nobody/logs');
    expect(status).toBe(404);
  });

  it('is the same at both replicas and after a restart', async () => {
    const query = 'sort=queued_at&limit=100';
    const agree = () =>
      until(
        async () => {
          const [here, there] = await Promise.all([list(first, query), list(second, query)]);
          return JSON.stringify(here) === JSON.stringify(there) ? here : undefined;
        },
        { timeoutMs: 30_000, what: 'the same list at both replicas' },
      );
    const known = await agree();
    expect(known).toHaveLength(5);
    await first.stop();
    first = await cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url }));
    expect(await agree()).toEqual(known);
    const chatty = known.find(({ task_name: name }) => name === 'history.chatty');
    const logs = `/rabbitmq/tasks/${String(chatty?.task_id)}/logs`;
    await until(
      async () => (await first.request<{ items?: readonly Json[] }>('GET', logs)).body.items?.length === 4,
      { timeoutMs: 30_000, what: 'the lines of before the restart' },
    );
  });
});
