import type { AmqpConnection } from '../../../amqp';
import { BrokerSession, send } from '../../support/broker-session';
import { until } from '../../support/until';

/** A test in its long form is for the nightly run. */
const ROUNDS = process.env.FULL === '1' ? 50 : 10;
/** Long enough for everything to be back before the next time, on most of them. */
const PAUSE_MS = 1000;
const PASSWORD = 'CANARY-password';

let session: BrokerSession;

beforeAll(async () => {
  session = await BrokerSession.open();
}, 60_000);

afterEach(() => session.release());
afterAll(() => session.close());

const listeners = (connection: AmqpConnection): number =>
  connection.eventNames().reduce((sum, name) => sum + connection.listenerCount(name), 0);

const open = async (what: 'connections' | 'channels'): Promise<number> =>
  (await session.broker.ctl(`list_${what}`, 'pid')).split('\n').filter((line) => line.startsWith('<')).length;

describe('an application stopped and started by its operator', () => {
  it('has publisher and consumer back by themselves, with nothing confirmed lost', async () => {
    const connection = await session.connect();
    await session.declare(connection, 'restarted');
    await session.declare(connection, 'kept');
    const publisher = await session.publisher(connection);
    const { consumer, seen } = await session.consumer(connection, 'restarted');
    await send(publisher, 'kept', 'before');
    await session.broker.ctl('stop_app');
    await until(() => connection.state === 'connecting' && !consumer.consuming);
    await expect(send(publisher, 'kept', 'meanwhile')).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      retryable: true,
    });
    await session.broker.ctl('start_app');
    await until(() => consumer.consuming);
    await until(async () => send(publisher, 'restarted', 'after').then(() => true));
    await until(() => seen.has('after'));
    const kept = await session.consumer(connection, 'kept');
    await until(() => kept.seen.size > 0);
    expect(kept.seen).toEqual(new Set(['before']));
  });
});

describe('connections closed again and again by an operator', () => {
  it(`leaves as many connections, channels and listeners as before (${ROUNDS} times)`, async () => {
    const connection = await session.connect();
    await session.declare(connection, 'closed');
    const publisher = await session.publisher(connection);
    const { consumer, seen } = await session.consumer(connection, 'closed');
    await send(publisher, 'closed', 'first');
    const closeAll = (times: number): Promise<string> =>
      session.broker.ctl(
        'eval',
        `[begin [rabbit_networking:close_connection(P, "test") || P <- rabbit_networking:connections()], timer:sleep(${PAUSE_MS}) end || _ <- lists:seq(1, ${times})].`,
      );
    const settled = async (id: string): Promise<void> => {
      await until(() => connection.state === 'connected' && consumer.consuming && publisher.ready);
      await until(async () => send(publisher, 'closed', id).then(() => true));
      await until(() => seen.has(id));
    };
    // The side channel of the declare goes away with the first round.
    await closeAll(1);
    await settled('before');
    const before = [await open('connections'), await open('channels'), listeners(connection)];
    const { generation } = connection;
    await closeAll(ROUNDS);
    await settled('after');
    expect(connection.generation).toBeGreaterThan(generation + ROUNDS / 2);
    const after = [await open('connections'), await open('channels'), listeners(connection)];
    expect(after).toEqual(before);
  }, 300_000);
});

describe('a password changed while running', () => {
  it('is said once without the secret, is not hammered, and heals when it is right again', async () => {
    await session.broker.ctl('add_user', 'gateway', PASSWORD);
    await session.broker.ctl('set_permissions', 'gateway', '.*', '.*', '.*');
    const url = session.broker.url.replace('guest:guest', `gateway:${PASSWORD}`);
    const connection = await session.connect({ urls: [url], backoffInitialMs: 200, random: () => 0.999 });
    const refusals: string[] = [];
    connection.on('connect-failed', (error) => refusals.push(error.code));
    await session.broker.ctl('change_password', 'gateway', 'another');
    await session.broker.ctl('close_all_connections', 'password changed');
    await until(() => refusals.length >= 2);
    const started = performance.now();
    const count = refusals.length;
    await until(() => refusals.length >= count + 2);
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(new Set(refusals)).toEqual(new Set(['ACCESS_REFUSED']));
    expect(connection.state).toBe('connecting');
    const said = session.logger.lines.filter(
      (line) => line.level === 'warn' && /ACCESS_REFUSED/.test(line.message),
    );
    expect(said).toHaveLength(1);
    expect(session.logger.text).not.toContain(PASSWORD);
    await session.broker.ctl('change_password', 'gateway', PASSWORD);
    await connection.ready(15_000);
    expect(connection.lastError).toBeUndefined();
  });
});

describe('a broker with small frames', () => {
  it('gets no header frame beyond what was negotiated, and keeps the connection', async () => {
    await session.broker.ctl('eval', 'application:set_env(rabbit, frame_max, 8192).');
    try {
      const connection = await session.connect();
      await session.declare(connection, 'frames');
      const publisher = await session.publisher(connection);
      const publish = (bytes: number): Promise<void> =>
        publisher.publish({
          exchange: '',
          routingKey: 'frames',
          content: Buffer.alloc(20_000),
          properties: { headers: { long: 'x'.repeat(bytes) }, correlationId: 'c'.repeat(255) },
        });
      expect(connection.frameMax).toBe(8192);
      await expect(publish(8000)).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
        details: { pointer: '/properties/headers' },
      });
      await publish(7800);
      expect(connection.generation).toBe(1);
    } finally {
      await session.broker.ctl('eval', 'application:set_env(rabbit, frame_max, 131072).');
    }
  });
});
