import { randomUUID } from 'node:crypto';
import { AmqpConnection, ConfirmPublisher } from '../../../amqp';
import { RpcResultWriter } from '../../../celery';
import { Cleanup } from '../../support/cleanup';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../../support/vhost';

/** Everything may be declared but the gateway's streams, as for a user whose permissions do not cover them. */
const NO_STREAMS = '^(?!celery-gateway\\.(results|submissions|events)$).*';

describe('two gateways on one host whose broker gives them no streams', () => {
  const user = `plain-${randomUUID().slice(0, 8)}`;
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let gateways: Readonly<Record<'a' | 'b', RunningGateway>>;

  beforeAll(async () => {
    vhost = await createVhost('fallback');
    cleanup.does(() => vhost.drop());
    await rabbitmqctl('add_user', user, user);
    cleanup.does(() => rabbitmqctl('delete_user', user));
    await rabbitmqctl('set_permissions', '-p', vhost.name, user, NO_STREAMS, '.*', '.*');
    gateways = { a: await start('a'), b: await start('b') };
  });

  afterAll(() => cleanup.run());

  async function start(instance: string): Promise<RunningGateway> {
    const url = new URL(vhost.url);
    [url.username, url.password] = [user, user];
    const env = { CELERY_BROKER_URL: url.toString(), GATEWAY_INSTANCE: instance };
    const gateway = await cleanup.stops(startGateway(env));
    await until(async () => (await gateway.call('GET', '/health/ready')).status === 200);
    return gateway;
  }

  it('are ready, and say what they do without', async () => {
    const { body } = await gateways.a.call('GET', '/health/ready');
    expect(body).toMatchObject({
      status: 'ready',
      results: { ready: true, kind: 'queue', detail: expect.stringContaining('no stream') },
      submissions: { ready: true, kind: 'none', detail: expect.stringContaining('no stream') },
      events: { ready: true, kind: 'queue' },
    });
  });

  it.each(['a', 'b'] as const)(
    'read their own results, each from a queue of its own: %s',
    async (instance) => {
      const taskIds = Array.from({ length: 4 }, () => randomUUID());
      for (const taskId of taskIds) {
        const body = { task_name: 'tasks.add', task_id: taskId, queue: 'kept' };
        expect((await gateways[instance].call('POST', '/rabbitmq/tasks/submit', body)).status).toBe(202);
        await sendResult(taskId, `celery-gateway.results.${instance}`);
      }
      for (const taskId of taskIds) {
        const { body } = await gateways[instance].call('GET', `/rabbitmq/tasks/${taskId}?wait=10`);
        expect(body).toMatchObject({ status: 'SUCCESS', result: 3 });
      }
    },
  );

  /** As a worker with `rpc://` answers to the `reply_to` of a task. */
  async function sendResult(taskId: string, replyTo: string): Promise<void> {
    const logger = new SilentLogger();
    const connection = new AmqpConnection({ urls: [vhost.url], name: 'worker', logger });
    const publisher = new ConfirmPublisher({ connection, logger });
    await connection.start();
    await publisher.start();
    try {
      await until(() => publisher.ready);
      const address = { id: taskId, replyTo, correlationId: taskId };
      const meta = {
        task_id: taskId,
        status: 'SUCCESS',
        result: 3,
        traceback: null,
        children: [],
        date_done: null,
      };
      await new RpcResultWriter({ publisher }).storeResult(address, meta);
    } finally {
      await publisher.stop();
      await connection.stop();
    }
  }
});
