import { type AmqpConnection, Topology } from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';

let session: AmqpSession;
let connection: AmqpConnection;
let topology: Topology;

beforeAll(async () => {
  session = await AmqpSession.open('topology');
  connection = await session.connect();
  topology = new Topology({ connection, logger: session.logger });
});

afterAll(() => session.close());

describe('queueStatus', () => {
  it('is null for a queue that does not exist, again and again', async () => {
    expect(await Promise.all([1, 2, 3].map(() => topology.queueStatus('none')))).toEqual([null, null, null]);
    expect(await topology.queueStatus('')).toBeNull();
  });

  it('serves good requests between failing ones that close the channel', async () => {
    await topology.declareQueue({ name: 'good' });
    const names = ['none', 'good', 'none', 'none', 'good'];
    const results = await Promise.all(names.map((name) => topology.queueStatus(name)));
    expect(results.map((status) => status !== null)).toEqual([false, true, false, false, true]);
  });
});

describe('queueIsDurable', () => {
  it.each([
    ['a durable queue', { durable: true }, true],
    ['a transient queue', { durable: false }, false],
    [
      'a durable auto-delete queue with arguments',
      { autoDelete: true, arguments: { 'x-expires': 60_000 } },
      true,
    ],
    [
      'a transient auto-delete queue with arguments',
      { durable: false, autoDelete: true, arguments: { 'x-max-length': 5 } },
      false,
    ],
    ['a quorum queue', { arguments: { 'x-queue-type': 'quorum' } }, true],
    ['a stream', { arguments: { 'x-queue-type': 'stream' } }, true],
    ['our own exclusive queue, which dies with its connection', { exclusive: true }, false],
    ['our own exclusive transient queue', { exclusive: true, durable: false }, false],
  ])('tells it of %s', async (what, declaration, durable) => {
    const name = `durable? ${what}`;
    await topology.declareQueue({ name, ...declaration });
    expect(await topology.queueIsDurable(name)).toBe(durable);
    expect(await topology.queueIsDurable(name)).toBe(durable);
  });

  it('never creates the queue it asks for', async () => {
    await expect(topology.queueIsDurable('never')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    const channel = await connection.openChannel();
    const contradicting = channel.assertQueue('never', {
      durable: true,
      arguments: { 'x-expires': 'never' },
    });
    await expect(contradicting).rejects.toMatchObject({ code: 406 });
    expect(await topology.queueStatus('never')).toBeNull();
  });

  it('is RESOURCE_LOCKED for a queue exclusive to another connection', async () => {
    const other = await session.topology();
    await other.declareQueue({ name: 'theirs', exclusive: true });
    await expect(topology.queueIsDurable('theirs')).rejects.toMatchObject({ code: 'RESOURCE_LOCKED' });
    await expect(topology.queueStatus('theirs')).rejects.toMatchObject({ code: 'RESOURCE_LOCKED' });
  });
});

describe('ensureQueue and declareQueue', () => {
  it('declares a missing queue and uses an existing one as it is, whatever its arguments', async () => {
    const declaration = { name: 'ensured', arguments: { 'x-max-priority': 5 } };
    expect(await topology.ensureQueue(declaration)).toBe('declared');
    expect(await topology.ensureQueue({ name: 'ensured', durable: false })).toBe('existing');
    await expect(topology.declareQueue({ name: 'ensured' })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
  });

  it('lets two processes ensure the same queue in different ways at the same time', async () => {
    const other = await session.topology();
    const results = await Promise.all([
      topology.ensureQueue({ name: 'race', durable: true }),
      other.ensureQueue({ name: 'race', durable: false }),
    ]);
    expect(results).toContain('declared');
  });

  it('names a queue the broker is asked to name', async () => {
    expect((await topology.declareQueue({ name: '', exclusive: true })).queue).toMatch(/^amq\.gen-/);
  });

  it('passes integers beyond 32 bits as integers', async () => {
    const args = { 'x-max-length-bytes': 5_000_000_000, 'x-message-ttl': 300 };
    await expect(topology.declareQueue({ name: 'wide', arguments: args })).resolves.toMatchObject({
      queue: 'wide',
    });
  });

  it.each([
    ['a name of 256 bytes', { name: 'x'.repeat(256) }],
    [
      'an argument of Infinity, which would close the connection',
      { name: 'a', arguments: { n: Number.POSITIVE_INFINITY } },
    ],
  ])('refuses %s', async (_what, declaration) => {
    await expect(topology.declareQueue(declaration)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
    expect(connection.generation).toBe(1);
  });
});

describe('exchanges, bindings, purge and delete', () => {
  it('ensures exchanges and knows which exist', async () => {
    expect(await topology.exchangeExists('events')).toBe(false);
    expect(await topology.ensureExchange({ name: 'events', type: 'topic' })).toBe('declared');
    expect(await topology.ensureExchange({ name: 'events', type: 'fanout', durable: false })).toBe(
      'existing',
    );
    expect(await topology.exchangeExists('')).toBe(true);
  });

  it('binds, routes, unbinds, purges and deletes', async () => {
    await topology.ensureExchange({ name: 'x', type: 'topic' });
    await topology.declareQueue({ name: 'bound' });
    const binding = { queue: 'bound', exchange: 'x', routingKey: 'a.#' };
    await topology.bindQueue(binding);
    const channel = await connection.openConfirmChannel();
    for (const key of ['a.b', 'a.c', 'b']) channel.publish('x', key, Buffer.from(key));
    await channel.waitForConfirms();
    expect(await topology.purgeQueue('bound')).toBe(2);
    await topology.unbindQueue(binding);
    expect(await topology.deleteQueue('bound', { ifUnused: true, ifEmpty: true })).toMatchObject({
      messageCount: 0,
    });
    await topology.deleteExchange('x', { ifUnused: true });
    expect(await topology.exchangeExists('x')).toBe(false);
    await channel.close();
  });

  it('tells which of queue and exchange a binding misses, and refuses to purge a missing queue', async () => {
    await topology.declareQueue({ name: 'there' });
    const missing = topology.bindQueue({ queue: 'there', exchange: 'gone', routingKey: '' });
    await expect(missing).rejects.toMatchObject({ code: 'EXCHANGE_NOT_FOUND' });
    const noQueue = topology.bindQueue({ queue: 'gone', exchange: 'amq.topic', routingKey: '' });
    await expect(noQueue).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    await expect(topology.purgeQueue('gone')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  });
});
