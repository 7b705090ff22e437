import { CeleryNodeClient, startCeleryNodeWorker } from '../support/celery-node';
import { Cleanup } from '../support/cleanup';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { testRedisUrl } from '../support/redis';
import { createVhost, type TestVhost } from '../support/vhost';

/** celery-node can hand results to others on Redis only. */
describe('stock celery-node', () => {
  let vhost: TestVhost;
  let gateway: GatewayProcess;
  let client: CeleryNodeClient;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('celery-node');
    cleanup.does(() => vhost.drop());
    const shared = { brokerUrl: vhost.url, resultBackend: testRedisUrl() };
    await cleanup.stops(startCeleryNodeWorker({ ...shared, queue: 'node' }));
    await cleanup.stops(startTypeScriptWorker({ ...shared, queues: ['typescript'] }));
    client = await cleanup.stops(CeleryNodeClient.start({ ...shared, queue: 'typescript' }));
    gateway = await cleanup.stops(GatewayProcess.start(shared));
  });

  afterAll(() => cleanup.run());

  it('as a client has its task run by a TypeScript worker and gets the result', async () => {
    await expect(client.call('interop.add', [2, 3])).resolves.toMatchObject({ value: 5 });
  });

  it('as a client sees that a task of a TypeScript worker failed', async () => {
    const { error } = await client.call('interop.fail', ['nothing doing']);

    expect(error).toContain('FAILURE');
  });

  it("as a worker runs the gateway's task, and the result is read over REST", async () => {
    // Its worker hands kwargs over as one more argument, which a handler of two parameters does not see.
    const taskId = await gateway.submit({ task_name: 'interop.add', args: [2, 3], queue: 'node' });

    await expect(gateway.result(taskId)).resolves.toMatchObject({ status: 'SUCCESS', result: 5 });
  });
});
