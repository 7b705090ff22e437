import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { createVhost, type TestVhost } from '../support/vhost';

describe('tasks submitted over HTTP', () => {
  let vhost: TestVhost;
  let gateway: GatewayProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('gateway-to-workers');
    cleanup.does(() => vhost.drop());
    const [started] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(startPythonWorker({ brokerUrl: vhost.url, queues: ['python'], name: 'python@here' })),
      cleanup.stops(
        startTypeScriptWorker({ brokerUrl: vhost.url, queues: ['typescript'], name: 'typescript@here' }),
      ),
    ]);
    gateway = started;
  });

  afterAll(() => cleanup.run());

  describe.each(['python', 'typescript'])('a %s worker', (queue) => {
    it('runs a task with positional arguments, and its result is read over REST', async () => {
      const taskId = await gateway.submit({ task_name: 'interop.add', args: [2, 3], queue });

      await expect(gateway.result(taskId)).resolves.toMatchObject({
        task_id: taskId,
        status: 'SUCCESS',
        result: 5,
        error: null,
      });
    });

    it('runs a task with keyword arguments', async () => {
      const taskId = await gateway.submit({ task_name: 'interop.add', kwargs: { x: 'a', y: 'b' }, queue });

      await expect(gateway.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: 'ab' });
    });

    it('hands nested, empty and non-ASCII values back as they were', async () => {
      const value = { list: [1, 2.5, -3, null, true, []], text: 'Grüße, 世界 \u{1f600}', empty: {}, zero: 0 };

      const taskId = await gateway.submit({ task_name: 'interop.echo', args: [value], queue });

      await expect(gateway.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: value });
    });

    it('is named as the one that ran the task', async () => {
      const taskId = await gateway.submit({ task_name: 'interop.add', args: [1, 1], queue });

      await expect(gateway.result(taskId)).resolves.toMatchObject({ worker: `${queue}@here` });
    });
  });

  it('shows a failure raised in Python with its type, message, module and traceback', async () => {
    const taskId = await gateway.submit({
      task_name: 'interop.fail',
      args: ['no such thing'],
      queue: 'python',
    });

    const task = await gateway.result(taskId);

    expect(task).toMatchObject({
      status: 'FAILURE',
      result: null,
      error: { type: 'ValueError', message: 'no such thing', module: 'builtins' },
    });
    expect(task.error?.traceback).toMatch(
      /^Traceback \(most recent call last\):[\s\S]*ValueError: no such thing\s*$/,
    );
  });

  it("shows a Python application's own exception type with its module", async () => {
    const taskId = await gateway.submit({
      task_name: 'interop.fail_custom',
      args: ['broken', 7],
      queue: 'python',
    });

    const { error } = await gateway.result(taskId);

    expect(error).toMatchObject({ type: 'InteropError', module: 'interop_app' });
    expect(error?.message).toContain('broken');
  });

  it('shows a failure thrown in TypeScript with its type, message and traceback', async () => {
    const taskId = await gateway.submit({
      task_name: 'interop.fail',
      args: ['not a function'],
      queue: 'typescript',
    });

    const task = await gateway.result(taskId);

    expect(task).toMatchObject({
      status: 'FAILURE',
      error: { type: 'TypeError', message: 'not a function', module: 'builtins' },
    });
    expect(task.error?.traceback).toMatch(/TypeError: not a function\s*$/);
  });

  it('fails a call that does not fit the parameters in both languages with the same error', async () => {
    const submit = (queue: string) => gateway.submit({ task_name: 'interop.add', args: [1], queue });
    const [python, typescript] = await Promise.all(
      ['python', 'typescript'].map(async (queue) => gateway.result(await submit(queue))),
    );

    expect(python?.error).toMatchObject({ type: 'TypeError', module: 'builtins' });
    expect(typescript?.error?.message).toBe(python?.error?.message);
    expect(typescript?.error?.type).toBe('TypeError');
  });
});
