import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AmqpConnection } from '../../../amqp';
import { freePort, PrivateBroker } from '../../support/private-broker';
import { type RunningGateway, startGateway } from '../../support/running-gateway';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';

const START_MS = 120_000;
const WAIT_MS = 60_000;

let broker: PrivateBroker;
let gateway: RunningGateway;
let port: number;
const closing: Server[] = [];

const call = (method: string, path: string, body?: unknown) =>
  gateway.call(method, `/rabbitmq/${path}`, body);

beforeAll(async () => {
  port = await freePort();
  const settings = [
    `management.tcp.port = ${port}`,
    'management.tcp.ip = 127.0.0.1',
    'collect_statistics_interval = 1000',
  ];
  broker = await PrivateBroker.create(() => settings, ['rabbitmq_management']);
  gateway = await startGateway({
    CELERY_BROKER_URL: broker.url,
    RABBITMQ_MANAGEMENT_URL: `http://guest:guest@127.0.0.1:${port}`,
    RATE_LIMIT_ADMIN: '100000',
  });
  await until(async () => (await gateway.call('GET', '/health/ready')).status === 200, {
    timeoutMs: WAIT_MS,
  });
}, START_MS);

afterAll(async () => {
  for (const server of closing) {
    server.closeAllConnections();
    server.close();
  }
  await gateway.stop();
  await broker.stop();
}, WAIT_MS);

test(
  'queues are listed whole, page by page, and told with rates',
  async () => {
    for (const name of ['managed.a', 'managed.b', 'other'])
      await call('POST', 'queues/declare', { queue_name: name, max_priority: 3 });
    const list = await call('GET', 'queues?name=managed.&page_size=1&page=2');
    expect(list.body).toMatchObject({ source: 'management', complete: true, total: 2 });
    expect(list.body.items).toMatchObject([{ queue_name: 'managed.b', arguments: { 'x-max-priority': 3 } }]);
    for (let n = 0; n < 20; n += 1)
      await call('POST', 'messages/publish', { queue_name: 'managed.a', message: n });
    const info = await until(
      async () => {
        const { body } = await call('GET', 'queues/managed.a/info');
        const rates = body.rates as { published?: number } | null;
        return body.message_count === 20 && rates?.published !== undefined && body;
      },
      { timeoutMs: WAIT_MS, intervalMs: 200, what: 'the statistics' },
    );
    expect(info).toMatchObject({ source: 'management', type: 'classic', durable: true, state: 'running' });
  },
  WAIT_MS,
);

test(
  'a queue tells who consumes it, a stream as well',
  async () => {
    await call('POST', 'queues/declare', { queue_name: 'managed.log', type: 'stream' });
    const reader = new AmqpConnection({ urls: [broker.url], name: 'reader', logger: new SilentLogger() });
    await reader.start();
    await reader.ready(WAIT_MS);
    const channel = await reader.openChannel();
    await channel.prefetch(10);
    await channel.consume('managed.log', () => undefined);
    const info = await until(
      async () => {
        const { body } = await call('GET', 'queues/managed.log/info');
        return body.consumer_count === 1 && body;
      },
      { timeoutMs: WAIT_MS, intervalMs: 200, what: 'the consumer in the statistics' },
    );
    expect(info.consumers).toMatchObject([{ prefetch: 10, acknowledges: true, user: 'guest' }]);
    await reader.stop();
  },
  WAIT_MS,
);

test(
  'a queue tells what waits in it, what its consumers hold, and how many those are',
  async () => {
    await call('POST', 'queues/declare', { queue_name: 'managed.held' });
    for (let n = 0; n < 5; n += 1)
      await call('POST', 'messages/publish', { queue_name: 'managed.held', message: n });
    const holder = new AmqpConnection({ urls: [broker.url], name: 'holder', logger: new SilentLogger() });
    await holder.start();
    await holder.ready(WAIT_MS);
    const channel = await holder.openChannel();
    await channel.prefetch(2);
    await channel.consume('managed.held', () => undefined);
    const held = (unacknowledged: number) =>
      until(
        async () => {
          const { body } = await call('GET', 'queues/managed.held/info');
          return body.unacknowledged_count === unacknowledged && body;
        },
        { timeoutMs: WAIT_MS, intervalMs: 200, what: `${unacknowledged} unacknowledged in the statistics` },
      );
    expect(await held(2)).toMatchObject({ message_count: 3, consumer_count: 1 });
    await holder.stop();
    expect(await held(0)).toMatchObject({ message_count: 5, consumer_count: 0 });
  },
  WAIT_MS,
);

test(
  'connections are listed, and one is closed with a reason',
  async () => {
    const client = new AmqpConnection({
      urls: [broker.url],
      name: 'to be closed',
      logger: new SilentLogger(),
    });
    await client.start();
    await client.ready(WAIT_MS);
    const found = await until(
      async () => {
        const { body } = await call('GET', 'connections');
        const items = body.items as readonly { connection: string; client_name: string }[];
        return items.find(({ client_name: name }) => name === 'to be closed');
      },
      { timeoutMs: WAIT_MS, intervalMs: 200, what: 'the connection in the statistics' },
    );
    expect(found).toMatchObject({ product: 'amqplib', user: 'guest', tls: false, state: 'running' });
    const path = `connections/${encodeURIComponent(found.connection)}`;
    expect(await call('DELETE', `${path}?confirm=another`)).toMatchObject({ status: 428 });
    expect((await call('DELETE', `${path}?reason=maintenance`)).body).toEqual({ closed: true });
    await until(() => client.generation === 2, { timeoutMs: WAIT_MS, what: 'the client being back' });
    expect(await call('DELETE', 'connections/nobody')).toMatchObject({
      status: 404,
      body: { code: 'CONNECTION_NOT_FOUND' },
    });
    await client.stop();
  },
  WAIT_MS,
);

test(
  'a set-up that is refused has declared nothing',
  async () => {
    await call('POST', 'queues/declare', { queue_name: 'managed.limited', max_length: 5 });
    const refused = await call('POST', 'dead-letters/setup', {
      queue_name: 'managed.limited',
      retry_delays_seconds: [1],
    });
    const limitsTold = refused.status === 409;
    const { status } = await call('GET', 'queues/managed.limited.dead/info');
    expect(status).toBe(limitsTold ? 404 : 200);
  },
  WAIT_MS,
);

test(
  'exchanges and bindings are listed as they were made',
  async () => {
    await call('POST', 'exchanges/declare', { exchange: 'managed.topic', type: 'topic' });
    await call('POST', 'bindings/bind', {
      source: 'managed.topic',
      destination: 'managed.a',
      routing_key: 'x.#',
    });
    expect((await call('GET', 'exchanges?name=managed.')).body).toMatchObject({
      source: 'management',
      items: [{ exchange: 'managed.topic', type: 'topic', durable: true }],
    });
    expect((await call('GET', 'bindings?source=managed.topic')).body).toEqual({
      items: [
        {
          source: 'managed.topic',
          destination: 'managed.a',
          destination_type: 'queue',
          routing_key: 'x.#',
          arguments: {},
        },
      ],
    });
  },
  WAIT_MS,
);

test(
  'policies are set, listed and deleted; those that touch internal queues are not',
  async () => {
    const put = (pattern: string) =>
      call('PUT', 'policies/limits', { pattern, definition: { 'max-length': 1000 }, priority: 1 });
    expect((await put('^managed\\.b$')).status).toBe(200);
    expect((await call('GET', 'policies')).body).toMatchObject({
      items: [
        { policy_name: 'limits', pattern: '^managed\\.b$', definition: { 'max-length': 1000 }, priority: 1 },
      ],
    });
    expect((await put('.*')).status).toBe(400);
    expect((await put('(')).status).toBe(400);
    const wrong = await call('PUT', 'policies/wrong', { pattern: '^m$', definition: { 'no-such': 1 } });
    expect(wrong).toMatchObject({
      status: 422,
      body: {
        code: 'COMMAND_INVALID',
        detail: 'RabbitMQ says: Validation failed [{no-such,1}] are not recognised policy settings',
      },
    });
  },
  WAIT_MS,
);

test(
  'dead letters are set up by policy on a queue that exists already, keeping what another policy said',
  async () => {
    const setup = await call('POST', 'dead-letters/setup', { queue_name: 'managed.b' });
    expect(setup.body).toMatchObject({
      by: 'policy',
      policy_name: 'dead-letters.managed.b',
      dead_letter_queue: 'managed.b.dead',
    });
    const body = await until(
      async () => {
        const info = await call('GET', 'queues/managed.b/info');
        return info.body.policy === 'dead-letters.managed.b' && info.body;
      },
      { timeoutMs: WAIT_MS, intervalMs: 200, what: 'the policy in the statistics' },
    );
    expect(body).toMatchObject({
      policy: 'dead-letters.managed.b',
      policy_definition: { 'max-length': 1000, 'dead-letter-exchange': 'dead-letters' },
      arguments: { 'x-max-priority': 3 },
    });
    await call('POST', 'messages/publish', { queue_name: 'managed.b', message: 1, expiration: 1 });
    await until(
      async () => {
        const { body: dead } = await call('GET', 'dead-letters');
        return (dead.items as { queue_name: string; message_count: number }[]).some(
          ({ queue_name, message_count }) => queue_name === 'managed.b.dead' && message_count === 1,
        );
      },
      { timeoutMs: WAIT_MS, intervalMs: 200, what: 'the dead letter' },
    );
    expect((await call('DELETE', 'policies/dead-letters.managed.b')).status).toBe(200);
    expect(await call('DELETE', 'policies/dead-letters.managed.b')).toMatchObject({
      status: 404,
      body: { code: 'POLICY_NOT_FOUND' },
    });
  },
  WAIT_MS,
);

test(
  'a management API that refuses, fails or hangs is told without its secret',
  async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    silent.unref();
    closing.push(silent);
    const silentPort = (silent.address() as AddressInfo).port;
    for (const [url, detail] of [
      [`http://guest:CANARY-1@127.0.0.1:${port}`, /credentials/],
      [`http://guest:CANARY-1@127.0.0.1:${silentPort}`, /did not answer/],
      ['http://guest:CANARY-1@127.0.0.1:1', /cannot be reached/],
    ] as const) {
      const other = await startGateway({
        CELERY_BROKER_URL: broker.url,
        RABBITMQ_MANAGEMENT_URL: url,
        RABBITMQ_MANAGEMENT_TIMEOUT_MS: '500',
      });
      const answer = await other.call('GET', '/rabbitmq/queues');
      await other.stop();
      expect(answer).toMatchObject({ status: 503, body: { code: 'MANAGEMENT_FAILED' } });
      expect(answer.body.detail).toMatch(detail);
      expect(JSON.stringify(answer.body)).not.toContain('CANARY');
    }
  },
  WAIT_MS,
);
