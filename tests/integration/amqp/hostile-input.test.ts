import {
  type AmqpConnection,
  ConfirmPublisher,
  type HeaderTable,
  type MessageProperties,
  type PublishRequest,
  type Topology,
} from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';

let session: AmqpSession;
let connection: AmqpConnection;
let topology: Topology;
let publisher: ConfirmPublisher;

beforeAll(async () => {
  session = await AmqpSession.open('hostile');
  connection = await session.connect();
  topology = await session.topology();
  publisher = await session.use(new ConfirmPublisher({ connection, logger: session.logger }));
  await topology.declareQueue({ name: 'q' });
});

afterAll(() => session.close());

const properties = (odd: object): Partial<PublishRequest> => ({ properties: odd as MessageProperties });
const headers = (odd: object): Partial<PublishRequest> => properties({ headers: odd as HeaderTable });

/** RELIABILITY's list of what users' properties do to amqplib and the broker, and some more. */
const REFUSED: readonly [string, Partial<PublishRequest>][] = [
  ['expiration negative', properties({ expiration: '-1' })],
  ['expiration text', properties({ expiration: 'soon' })],
  ['expiration fraction', properties({ expiration: '1.5' })],
  ['expiration too large', properties({ expiration: '4294967296' })],
  ['expiration a number', properties({ expiration: 5 })],
  ['deliveryMode 9', properties({ deliveryMode: 9 })],
  ['priority 256', properties({ priority: 256 })],
  ['priority -1', properties({ priority: -1 })],
  ['timestamp fraction', properties({ timestamp: 1.5 })],
  ['timestamp text', properties({ timestamp: 'now' })],
  ['foreign userId', properties({ userId: 'somebody' })],
  ['direct reply-to', properties({ replyTo: 'amq.rabbitmq.reply-to' })],
  ['correlationId of 256 bytes', properties({ correlationId: 'ü'.repeat(128) })],
  ['messageId a number', properties({ messageId: 1 })],
  ['type a lone surrogate', properties({ type: '\ud800' })],
  ['header CC', headers({ CC: ['secret'] })],
  ['header CC text', headers({ CC: 'secret' })],
  ['header BCC', headers({ BCC: ['secret'] })],
  ['header x-death', headers({ 'x-death': [] })],
  ['header Infinity', headers({ a: Number.POSITIVE_INFINITY })],
  ['header NaN', headers({ a: Number.NaN })],
  ['header function', headers({ a: () => 1 })],
  ['header table > 64 KiB', headers({ a: 'x'.repeat(70_000) })],
  ['routing key of 256 bytes', { routingKey: 'x'.repeat(256) }],
  ['exchange of 256 bytes', { exchange: 'x'.repeat(256) }],
  ['exchange a number', { exchange: 1 as unknown as string }],
  ['content a text', { content: 'text' as unknown as Buffer }],
  ['content beyond 16 MiB', { content: Buffer.alloc(16 * 1024 * 1024 + 1) }],
  ['trusted CC that is no array', { ...headers({ CC: 'text' }), trustedHeaders: true }],
  ['trusted BCC with a number', { ...headers({ BCC: [1] }), trustedHeaders: true }],
];

/** What looks odd and is none of the broker's business: it must go through. */
const ACCEPTED: readonly [string, Partial<PublishRequest>][] = [
  ['every property at its limit', properties({ expiration: '4294967295', priority: 255, userId: 'guest' })],
  ['255 bytes of correlationId', properties({ correlationId: 'x'.repeat(255) })],
  [
    'headers of every type',
    headers({ n: -200, d: 0.1, t: true, nil: null, at: new Date(0), list: [1, { a: 'b' }] }),
  ],
  ['a header of 2^62', headers({ wide: 2n ** 62n })],
  ['60 KB of headers', headers({ kwargsrepr: 'ü'.repeat(30_000) })],
  ['empty content', { content: Buffer.alloc(0) }],
];

/** Accepted or refused by the broker, but never at others' cost. */
const HARMLESS: readonly [string, Partial<PublishRequest>][] = [
  ['a forged direct reply', { routingKey: 'amq.rabbitmq.reply-to.garbage' }],
  ['an internal exchange', { exchange: 'inner' }],
  ['a missing exchange', { exchange: 'no such\r\nexchange' }],
  ['a trusted x-death', { ...headers({ 'x-death': [{ count: 1, queue: 'q' }] }), trustedHeaders: true }],
];

const publish = (changes: Partial<PublishRequest>): Promise<void> =>
  publisher.publish({ exchange: '', routingKey: 'q', content: Buffer.from('x'), properties: {}, ...changes });

describe('ConfirmPublisher with hostile input', () => {
  it.each(REFUSED)('refuses %s with a pointer, before anything is written', async (_what, changes) => {
    await expect(publish(changes)).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      retryable: false,
      details: { pointer: expect.stringMatching(/^\//) },
    });
  });

  it.each(ACCEPTED)('accepts %s', async (_what, changes) => {
    await expect(publish(changes)).resolves.toBeUndefined();
  });

  it.each(HARMLESS)('lets the messages of others through beside %s', async (_what, changes) => {
    await topology.ensureExchange({ name: 'inner', type: 'fanout', internal: true });
    const others = Array.from({ length: 30 }, () => publish({}));
    const odd = publish(changes).catch((error: unknown) => error);
    others.push(...Array.from({ length: 30 }, () => publish({})));
    await expect(Promise.all(others)).resolves.toHaveLength(60);
    await odd;
  });

  it('has kept its one connection through all of it', () => {
    expect(connection.generation).toBe(1);
    expect(publisher.inFlight).toBe(0);
  });
});
