import { type AmqpConnection, ConfirmPublisher, type PublishRequest, type Topology } from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';
import { until } from '../../support/until';
import { rabbitmqctl } from '../../support/vhost';

let session: AmqpSession;
let connection: AmqpConnection;
let topology: Topology;
let publisher: ConfirmPublisher;

beforeAll(async () => {
  session = await AmqpSession.open('publisher');
  connection = await session.connect();
  topology = await session.topology();
  publisher = await session.use(new ConfirmPublisher({ connection, logger: session.logger }));
  await topology.declareQueue({ name: 'q' });
});

afterAll(() => session.close());

const request = (changes: Partial<PublishRequest> = {}): PublishRequest => ({
  exchange: '',
  routingKey: 'q',
  content: Buffer.from('{}'),
  properties: { deliveryMode: 2, contentType: 'application/json' },
  ...changes,
});

const outcome = async (publish: Promise<void>): Promise<string> => {
  try {
    await publish;
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('ConfirmPublisher', () => {
  it('resolves when the broker has confirmed and routed the message', async () => {
    await topology.purgeQueue('q');
    await publisher.publish(request());
    expect(await topology.queueStatus('q')).toEqual({ messageCount: 1, consumerCount: 0 });
    expect(publisher.inFlight).toBe(0);
  });

  it('rejects a message no queue takes as UNROUTABLE, and only that one of many in flight', async () => {
    const publishes = Array.from({ length: 200 }, (_, i) =>
      outcome(
        publisher.publish(
          request({ routingKey: i % 7 === 0 ? 'nowhere' : 'q', properties: { correlationId: `t${i}` } }),
        ),
      ),
    );
    const expected = publishes.map((_, i) => (i % 7 === 0 ? 'UNROUTABLE' : 'accepted'));
    expect(await Promise.all(publishes)).toEqual(expected);
  });

  it('matches returns when the same id is in flight twice, to different queues', async () => {
    const properties = { correlationId: 'same' };
    const both = [
      publisher.publish(request({ properties })),
      publisher.publish(request({ properties, routingKey: 'nowhere' })),
      publisher.publish(request({ properties })),
      publisher.publish(request({ properties, routingKey: 'nowhere' })),
    ];
    expect(await Promise.all(both.map(outcome))).toEqual([
      'accepted',
      'UNROUTABLE',
      'accepted',
      'UNROUTABLE',
    ]);
  });

  it('accepts an unroutable message when mandatory is switched off', async () => {
    await expect(
      publisher.publish(request({ routingKey: 'nowhere', mandatory: false })),
    ).resolves.toBeUndefined();
  });

  it('delivers a copy to the BCC routes and hides the header from consumers', async () => {
    await topology.declareQueue({ name: 'record' });
    await publisher.publish(request({ bcc: ['record'], properties: { correlationId: 'c' } }));
    const channel = await connection.openChannel();
    const copy = await channel.get('record', { noAck: true });
    expect(copy).toMatchObject({ properties: { correlationId: 'c', headers: {} } });
    await channel.close();
  });

  it('rejects as PUBLISH_NACKED when a full queue refuses', async () => {
    const args = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    await topology.declareQueue({ name: 'full', arguments: args });
    const publish = (): Promise<string> => outcome(publisher.publish(request({ routingKey: 'full' })));
    // One after the other: messages published at once may overtake each other on the publisher's channels.
    expect([await publish(), await publish(), await publish()]).toEqual([
      'accepted',
      'PUBLISH_NACKED',
      'PUBLISH_NACKED',
    ]);
  });

  it('rejects a missing exchange without closing a channel, while others go on', async () => {
    const warnings = session.logger.lines.length;
    const mixed = Array.from({ length: 50 }, (_, i) =>
      outcome(publisher.publish(request(i % 5 === 0 ? { exchange: 'missing' } : {}))),
    );
    const expected = mixed.map((_, i) => (i % 5 === 0 ? 'EXCHANGE_NOT_FOUND' : 'accepted'));
    expect(await Promise.all(mixed)).toEqual(expected);
    expect(session.logger.lines.slice(warnings).filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('rejects the next publish for certain when a trusted exchange is deleted, harming no other exchange', async () => {
    await topology.ensureExchange({ name: 'gone', type: 'fanout' });
    await topology.ensureExchange({ name: 'stays', type: 'fanout' });
    for (const exchange of ['gone', 'stays'])
      await topology.bindQueue({ queue: 'q', exchange, routingKey: '' });
    await Promise.all([
      publisher.publish(request({ exchange: 'gone' })),
      publisher.publish(request({ exchange: 'stays' })),
    ]);
    await topology.deleteExchange('gone');
    const results = [
      publisher.publish(request({ exchange: 'stays' })),
      publisher.publish(request({ exchange: 'gone' })),
      publisher.publish(request({ exchange: 'stays' })),
      publisher.publish(request()),
    ];
    expect(await Promise.all(results.map(outcome))).toEqual([
      'accepted',
      'EXCHANGE_NOT_FOUND',
      'accepted',
      'accepted',
    ]);
    await topology.ensureExchange({ name: 'gone', type: 'fanout' });
    await topology.bindQueue({ queue: 'q', exchange: 'gone', routingKey: '' });
    await expect(publisher.publish(request({ exchange: 'gone' }))).resolves.toBeUndefined();
  });

  it('refuses with PUBLISHER_SATURATED beyond its caps and keeps its promise for the others', async () => {
    const small = await session.use(
      new ConfirmPublisher({ connection, logger: session.logger, maxInFlight: 10, maxInFlightBytes: 5000 }),
    );
    await until(() => small.ready);
    const byCount = await Promise.all(Array.from({ length: 12 }, () => outcome(small.publish(request()))));
    expect(byCount.filter((result) => result === 'PUBLISHER_SATURATED')).toHaveLength(2);
    const content = Buffer.alloc(2000);
    const byBytes = await Promise.all([1, 2, 3].map(() => outcome(small.publish(request({ content })))));
    expect(byBytes).toEqual(['accepted', 'accepted', 'PUBLISHER_SATURATED']);
    expect(small.inFlight).toBe(0);
  });

  it('sends a body of several frames whole', async () => {
    await topology.purgeQueue('q');
    const content = Buffer.alloc(1_000_000, 'abc');
    await publisher.publish(request({ content }));
    const channel = await connection.openChannel();
    const message = await channel.get('q', { noAck: true });
    expect(message !== false && content.equals(message.content)).toBe(true);
    await channel.close();
  });

  it('stops after the confirms in flight, then refuses', async () => {
    const stopping = await session.use(new ConfirmPublisher({ connection, logger: session.logger }));
    const publishes = Array.from({ length: 20 }, () => outcome(stopping.publish(request())));
    await stopping.stop();
    expect(new Set(await Promise.all(publishes))).toEqual(new Set(['accepted']));
    expect(await outcome(stopping.publish(request()))).toBe('BROKER_UNREACHABLE');
  });

  it('ends messages in flight as unknown when the connection is closed under them, and works again by itself', async () => {
    const own = await session.connect({ name: 'to be closed' });
    const hit = await session.use(new ConfirmPublisher({ connection: own, logger: session.logger }));
    await hit.publish(request());
    const { generation } = own;
    const results = new Set<string>();
    const closing = rabbitmqctl('close_all_connections', '--vhost', session.vhost.name, 'test');
    await until(async () => {
      const batch = Array.from({ length: 50 }, () => outcome(hit.publish(request())));
      for (const result of await Promise.all(batch)) results.add(result);
      return own.generation > generation;
    });
    await closing;
    for (const result of results)
      expect(['accepted', 'PUBLISH_UNKNOWN', 'BROKER_UNREACHABLE']).toContain(result);
    await until(async () => (await outcome(hit.publish(request()))) === 'accepted');
    await until(() => connection.state === 'connected');
    expect(own.generation).toBe(generation + 1);
  });
});
