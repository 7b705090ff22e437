import { randomUUID } from 'node:crypto';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

describe('two gateways on one vhost', () => {
  let vhost: TestVhost;
  let first: GatewayProcess;
  let second: GatewayProcess;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('gateways');
    cleanup.does(() => vhost.drop());
    [first, second] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(startPythonWorker({ brokerUrl: vhost.url, queues: ['python'] })),
      cleanup.stops(startTypeScriptWorker({ brokerUrl: vhost.url, queues: ['typescript'] })),
    ]);
  });

  afterAll(() => cleanup.run());

  it.each(['python', 'typescript'])(
    'both answer for a task a %s worker ran, whichever took it',
    async (queue) => {
      const viaFirst = await first.submit({ task_name: 'interop.add', args: [1, 2], queue });
      const viaSecond = await second.submit({ task_name: 'interop.add', args: [3, 4], queue });

      for (const gateway of [first, second]) {
        await expect(gateway.result(viaFirst)).resolves.toMatchObject({ status: 'SUCCESS', result: 3 });
        await expect(gateway.result(viaSecond)).resolves.toMatchObject({ status: 'SUCCESS', result: 7 });
      }
    },
  );

  it('answer the submission with 202, where to look, and a pending task', async () => {
    const { status, headers, body } = await first.request('POST', '/rabbitmq/tasks/submit', {
      task_name: 'interop.add',
      args: [1, 2],
      queue: 'typescript',
    });

    expect(status).toBe(202);
    expect(body).toMatchObject({ task_id: expect.any(String), status: 'PENDING', result: null, error: null });
    expect(headers.get('Location')).toContain(`/rabbitmq/tasks/${String(body.task_id)}`);
  });

  it('tell a task that is queued from one never heard of', async () => {
    const queued = await first.submit({ task_name: 'interop.add', args: [1, 2], queue: 'nobody-consumes' });

    for (const gateway of [first, second]) {
      const known = await until(
        async () => {
          const answer = await gateway.request('GET', `/rabbitmq/tasks/${queued}`);
          return answer.status === 200 && answer;
        },
        { what: 'the submission to be known', timeoutMs: 5_000 },
      );
      expect(known.body).toMatchObject({ task_id: queued, status: 'PENDING' });

      const unknown = await gateway.request('GET', `/rabbitmq/tasks/${randomUUID()}`);
      expect(unknown.status).toBe(404);
      expect(unknown.headers.get('Content-Type')).toContain('application/problem+json');
      expect(unknown.body).toMatchObject({ status: 404, code: 'TASK_NOT_FOUND' });
    }
  });

  it('answer a wait that ends before the task with the state it has', async () => {
    const taskId = await first.submit({ task_name: 'interop.sleep', args: [4], queue: 'typescript' });

    const { body } = await first.request('GET', `/rabbitmq/tasks/${taskId}?wait=1`);

    expect(['PENDING', 'RECEIVED', 'STARTED']).toContain(body.status);
    await expect(first.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: 4 });
  });

  it('list the running tasks of all workers', async () => {
    const taskIds = await Promise.all(
      ['python', 'typescript'].map((queue) => first.submit({ task_name: 'interop.sleep', args: [4], queue })),
    );

    const listed = await until(
      async () => {
        const { body } = await second.request('GET', '/rabbitmq/tasks/active');
        const text = JSON.stringify(body);
        return taskIds.every((taskId) => text.includes(taskId)) && text;
      },
      { what: 'both tasks among the active ones', timeoutMs: 10_000 },
    );

    expect(listed).toContain('interop.sleep');
    for (const taskId of taskIds) await first.result(taskId);
  });

  it('revoke a task that has not started, and say which workers acknowledged', async () => {
    const taskId = await first.submit({
      task_name: 'interop.add',
      args: [1, 2],
      queue: 'typescript',
      countdown: 3,
    });

    const { status, body } = await second.request('DELETE', `/rabbitmq/tasks/${taskId}`);

    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('typescript@');
    await expect(first.result(taskId)).resolves.toMatchObject({ status: 'REVOKED' });
  });

  it('answer for results that were read before the gateway was restarted, and for those that came meanwhile', async () => {
    const before = await first.submit({ task_name: 'interop.add', args: [20, 22], queue: 'python' });
    await first.result(before);
    const meanwhile = await first.submit({ task_name: 'interop.sleep', args: [1], queue: 'typescript' });
    await first.stop();
    await second.result(meanwhile);

    first = await cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url }));

    await expect(first.result(before)).resolves.toMatchObject({ status: 'SUCCESS', result: 42 });
    await expect(first.result(meanwhile)).resolves.toMatchObject({ status: 'SUCCESS', result: 1 });
  });
});
