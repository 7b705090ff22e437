import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { AmqpConnection, ConfirmPublisher } from '../../../amqp';
import { RpcResultWriter } from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../../support/vhost';

let vhost: TestVhost;
let gateway: RunningGateway;

const ready = (of: RunningGateway) =>
  until(async () => (await of.call('GET', '/health/ready')).status === 200);

beforeAll(async () => {
  vhost = await createVhost('gateway');
  gateway = await startGateway({ CELERY_BROKER_URL: vhost.url });
  await ready(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await vhost.drop();
});

describe('tasks', () => {
  test('a submitted task is on its queue, and PENDING here and at another gateway', async () => {
    const queue = `q-${randomUUID()}`;
    const body = { task_name: 'tasks.add', args: [1, 2], queue };
    const submitted = await gateway.call('POST', '/rabbitmq/tasks/submit', body, 'submitter');
    expect(submitted.status).toBe(202);
    const info = await gateway.call('GET', `/rabbitmq/queues/${queue}/info`);
    expect(info.body).toMatchObject({
      queue_name: queue,
      message_count: 1,
      consumer_count: 0,
      durable: true,
    });

    const path = submitted.headers.get('location') ?? '';
    const pending = { status: 'PENDING', result: null, error: null, task_name: 'tasks.add', queue };
    expect((await gateway.call('GET', path)).body).toMatchObject(pending);
    const other = await startGateway({ CELERY_BROKER_URL: vhost.url });
    try {
      await ready(other);
      expect((await other.call('GET', path)).body).toMatchObject(pending);
    } finally {
      await other.stop();
    }
  });

  test('a result that a worker sends ends a long poll', async () => {
    const id = randomUUID();
    const queue = `q-${id}`;
    await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add', task_id: id, queue });
    const waiting = gateway.call('GET', `/rabbitmq/tasks/${id}?wait=10`);
    await sendResult({
      task_id: id,
      status: 'SUCCESS',
      result: 3,
      traceback: null,
      children: [],
      date_done: null,
    });
    expect((await waiting).body).toMatchObject({ task_id: id, status: 'SUCCESS', result: 3, error: null });
  });

  test('a queue that was deleted between two submissions is made again: no 202 without a queue', async () => {
    const queue = `q-${randomUUID()}`;
    const submit = () => gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add', queue });
    expect((await submit()).status).toBe(202);
    await rabbitmqctl('delete_queue', '-p', vhost.name, queue);
    // The next check of the queue is at most its interval away.
    await until(async () => {
      await submit();
      return (await gateway.call('GET', `/rabbitmq/queues/${queue}/info`)).status === 200;
    });
  });

  test('with nobody online, active is empty and a revoke says that nobody acknowledged it yet', async () => {
    expect((await gateway.call('GET', '/rabbitmq/tasks/active')).body).toEqual({ workers: {}, no_reply: [] });
    expect((await gateway.call('DELETE', '/rabbitmq/tasks/t1')).body).toMatchObject({
      acknowledged: [],
      tombstone: { expires_at: expect.any(String) },
      detail: expect.stringContaining('come online'),
    });
  });

  test('header abuse is refused and the publisher goes on', async () => {
    for (const headers of [{ CC: ['amq.x'] }, { BCC: ['x'] }, { 'x-death': [] }]) {
      const abuse = await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'x.y', headers });
      expect(abuse.status).toBe(400);
    }
    expect((await gateway.call('POST', '/rabbitmq/tasks/submit', { task_name: 'x.y' })).status).toBe(202);
  });
});

describe('queues and messages', () => {
  test('declare, publish, info, purge', async () => {
    const name = `orders-${randomUUID()}`;
    const declared = await gateway.call('POST', '/rabbitmq/queues/declare', { queue_name: name });
    expect(declared.body).toMatchObject({ queue_name: name, message_count: 0, durable: true });
    const published = await gateway.call('POST', '/rabbitmq/messages/publish', {
      queue_name: name,
      message: { a: 1 },
    });
    expect(published.body).toEqual({ message_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect((await gateway.call('DELETE', `/rabbitmq/queues/${name}/purge`)).body).toEqual({ purged: 1 });
  });

  test('a queue declared with other settings is 409, a missing one 404, an exclusive one says whose it is', async () => {
    const name = `orders-${randomUUID()}`;
    await gateway.call('POST', '/rabbitmq/queues/declare', { queue_name: name });
    const other = { queue_name: name, arguments: { 'x-max-priority': 5 } };
    expect((await gateway.call('POST', '/rabbitmq/queues/declare', other)).body).toMatchObject({
      status: 409,
      code: 'PRECONDITION_FAILED',
    });
    expect((await gateway.call('GET', '/rabbitmq/queues/absent/info')).body).toMatchObject({
      code: 'QUEUE_NOT_FOUND',
    });
    expect((await gateway.call('DELETE', '/rabbitmq/queues/absent/purge')).status).toBe(404);
    const mine = { queue_name: `${name}-x`, exclusive: true };
    expect((await gateway.call('POST', '/rabbitmq/queues/declare', mine)).body).toMatchObject({
      exclusive: true,
      durable: false,
      note: expect.stringContaining('connection'),
    });
  });

  test('a message nobody would receive is refused, and the next one passes', async () => {
    const lost = await gateway.call('POST', '/rabbitmq/messages/publish', {
      queue_name: 'absent',
      message: 1,
    });
    expect(lost.body).toMatchObject({ status: 422, code: 'UNROUTABLE' });
    const noExchange = { queue_name: 'absent', exchange: 'no-such', message: 1 };
    expect((await gateway.call('POST', '/rabbitmq/messages/publish', noExchange)).status).toBe(404);
    expect((await gateway.call('GET', '/health/ready')).status).toBe(200);
  });
});

test('with the broker away at start the gateway serves, answers 503 with Retry-After, and heals by itself', async () => {
  const link = createServer((socket) => pipeToBroker(socket));
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  const url = new URL(vhost.url);
  url.host = `127.0.0.1:${port}`;
  const alone = await startGateway({ CELERY_BROKER_URL: url.toString() });
  try {
    const refused = await alone.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add' });
    expect(refused.body).toMatchObject({ status: 503, code: 'BROKER_UNREACHABLE' });
    expect(refused.headers.get('retry-after')).toBe('2');
    const health = await alone.call('GET', '/health/ready');
    expect([health.status, health.body.status]).toEqual([503, 'not_ready']);
    expect((await alone.call('GET', '/health/live')).status).toBe(200);
    link.listen(port, '127.0.0.1');
    await ready(alone);
    expect((await alone.call('POST', '/rabbitmq/tasks/submit', { task_name: 'tasks.add' })).status).toBe(202);
  } finally {
    await alone.stop();
    link.close();
  }
});

function pipeToBroker(socket: Socket): void {
  const { hostname, port } = new URL(vhost.url);
  const broker = connect(Number(port || 5672), hostname);
  socket.pipe(broker).pipe(socket);
  socket.on('error', () => broker.destroy());
  broker.on('error', () => socket.destroy());
}

/** Sends a result as a worker with `rpc://` does: over the default exchange to `reply_to`. */
async function sendResult(meta: TaskMeta): Promise<void> {
  const logger = silentLogger();
  const connection = new AmqpConnection({ urls: [vhost.url], name: 'worker', logger });
  const publisher = new ConfirmPublisher({ connection, logger });
  await connection.start();
  await publisher.start();
  try {
    await connection.ready(5000);
    await until(() => publisher.ready);
    const address = { id: meta.task_id, replyTo: 'celery-gateway.results', correlationId: meta.task_id };
    await new RpcResultWriter({ publisher }).storeResult(address, meta);
  } finally {
    await publisher.stop();
    await connection.stop();
  }
}
