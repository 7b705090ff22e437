import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AmqpConnection,
  type AmqpConnectionOptions,
  AmqpConsumer,
  ConfirmPublisher,
  Topology,
} from '../../../amqp';
import { PrivateBroker } from '../../support/private-broker';
import { SilentLogger } from '../../support/silent-logger';
import { TcpProxy } from '../../support/tcp-proxy';
import { until } from '../../support/until';

const logger = new SilentLogger();
const opened: { stop(): Promise<void> }[] = [];
let broker: PrivateBroker;

const use = async <T extends { start(): Promise<void>; stop(): Promise<void> }>(thing: T): Promise<T> => {
  opened.push(thing);
  await thing.start();
  return thing;
};

const connect = async (options: Partial<AmqpConnectionOptions> = {}): Promise<AmqpConnection> => {
  const connection = await use(new AmqpConnection({ urls: [broker.url], name: 'chaos', logger, ...options }));
  await connection.ready(15_000);
  return connection;
};

const codeOf = (error: unknown): string => (error as { code: string }).code;

beforeAll(async () => {
  broker = await PrivateBroker.create();
});

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.stop();
});

afterAll(() => broker.stop());

const send = (publisher: ConfirmPublisher, id: string): Promise<void> =>
  publisher.publish({
    exchange: '',
    routingKey: 'ledger',
    content: Buffer.from(id),
    properties: { deliveryMode: 2, messageId: id },
  });

describe('broker killed under load', () => {
  it('loses none of the confirmed messages, and publisher and consumer come back by themselves', async () => {
    const connection = await connect();
    await new Topology({ connection, logger }).ensureQueue({ name: 'ledger' });
    const publisher = await use(new ConfirmPublisher({ connection, logger }));
    await until(() => publisher.ready);
    const accepted = new Set<string>();
    const ended = new Set<string>();
    let sent = 0;
    const load = async (): Promise<void> => {
      while (!ended.has('BROKER_UNREACHABLE')) {
        const id = `m${sent++}`;
        await send(publisher, id).then(
          () => accepted.add(id),
          (error: unknown) => ended.add(codeOf(error)),
        );
        await nextTurn();
      }
    };
    const loads = Array.from({ length: 50 }, load);
    await until(() => accepted.size > 2000, { timeoutMs: 20_000 });
    await broker.kill9();
    await Promise.all(loads);
    for (const code of ended) expect(['PUBLISH_UNKNOWN', 'BROKER_UNREACHABLE']).toContain(code);
    expect(publisher.inFlight).toBe(0);

    await broker.start();
    const seen = new Set<string>();
    const consumer = await use(
      new AmqpConsumer({
        connection: await connect(),
        queue: 'ledger',
        prefetch: 500,
        logger,
        onDelivery: (delivery) => {
          seen.add(delivery.properties.messageId ?? '');
          delivery.ack();
        },
      }),
    );
    await until(async () => send(publisher, 'after').then(() => true), { timeoutMs: 15_000 });
    await until(() => seen.has('after'));
    await consumer.stop();
    expect([...accepted].filter((id) => !seen.has(id))).toEqual([]);
  });
});

describe('memory alarm', () => {
  it('refuses at once with CONNECTION_BLOCKED while it lasts, and publishes again after it', async () => {
    const connection = await connect();
    await new Topology({ connection, logger }).ensureQueue({ name: 'ledger' });
    const publisher = await use(new ConfirmPublisher({ connection, logger, deadlineMs: 1000 }));
    await until(() => publisher.ready);
    await broker.ctl('set_vm_memory_high_watermark', '0.00001');
    // RabbitMQ tells it only after a first publish, whose fate is unknown.
    await expect(send(publisher, 'first')).rejects.toMatchObject({ code: 'PUBLISH_UNKNOWN' });
    expect(connection.state).toBe('blocked');
    const before = performance.now();
    await expect(send(publisher, 'second')).rejects.toMatchObject({
      code: 'CONNECTION_BLOCKED',
      retryable: true,
    });
    expect(performance.now() - before).toBeLessThan(50);
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    await until(async () => send(publisher, 'third').then(() => true));
    expect(connection.generation).toBe(1);
  });
});

describe('links that stall', () => {
  it('ends messages by their deadline and finds a half-open link by heartbeat', async () => {
    const proxy = await TcpProxy.start(broker.port);
    const urls = [`amqp://127.0.0.1:${proxy.port}/`];
    const connection = await connect({ urls, heartbeatSeconds: 1 });
    await new Topology({ connection, logger }).ensureQueue({ name: 'ledger' });
    const publisher = await use(new ConfirmPublisher({ connection, logger, deadlineMs: 500 }));
    await until(() => publisher.ready);
    proxy.mode = 'stall';
    await expect(send(publisher, 'stalled')).rejects.toMatchObject({ code: 'PUBLISH_UNKNOWN' });
    await until(() => connection.state === 'connecting', { timeoutMs: 5000 });
    expect(publisher.inFlight).toBe(0);
    proxy.reset();
    proxy.mode = 'pass';
    await until(async () => send(publisher, 'again').then(() => true), { timeoutMs: 15_000 });
    await publisher.stop();
    await connection.stop();
    await proxy.stop();
  });

  it.each(['stall', 'refuse'] as const)(
    'connects to the second broker when the first does %s',
    async (mode) => {
      const proxy = await TcpProxy.start(broker.port);
      proxy.mode = mode;
      const urls = [`amqp://127.0.0.1:${proxy.port}/`, broker.url];
      const started = performance.now();
      const connection = await connect({ urls, connectTimeoutMs: 1000, random: () => 0.999 });
      expect(proxy.accepted).toBe(1);
      expect(connection.describe().port).toBe(broker.port);
      expect(performance.now() - started).toBeLessThan(2500);
      await connection.stop();
      await proxy.stop();
    },
  );
});

describe('a link reset again and again', () => {
  it('is not hammered: the waits grow although each connect succeeds', async () => {
    const proxy = await TcpProxy.start(broker.port);
    const connection = await connect({
      urls: [`amqp://127.0.0.1:${proxy.port}/`],
      backoffInitialMs: 50,
      random: () => 0.999,
    });
    const gaps: number[] = [];
    for (let i = 1; i <= 5; i++) {
      const lost = performance.now();
      proxy.reset();
      await until(() => connection.generation === i + 1, { intervalMs: 5 });
      gaps.push(performance.now() - lost);
    }
    expect(gaps[4]).toBeGreaterThan(700);
    await connection.stop();
    await proxy.stop();
  });
});
