import { ConfirmPublisher, type PublishRequest } from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';
import { InMemoryPublisher } from '../../support/fakes/in-memory-publisher';
import { until } from '../../support/until';

let session: AmqpSession;
let real: ConfirmPublisher;

beforeAll(async () => {
  session = await AmqpSession.open('contract');
  const topology = await session.topology();
  await topology.declareQueue({ name: 'q' });
  await topology.ensureExchange({ name: 'x', type: 'fanout' });
  await topology.bindQueue({ queue: 'q', exchange: 'x', routingKey: '' });
  const connection = await session.connect();
  const publisher = await session.use(new ConfirmPublisher({ connection, logger: session.logger }));
  await until(() => publisher.ready);
  real = publisher;
});

afterAll(() => session.close());

const publishers: readonly [string, () => Pick<ConfirmPublisher, 'publish'>][] = [
  ['InMemoryPublisher', () => new InMemoryPublisher(new Set(['q']), new Set(['x']))],
  ['ConfirmPublisher', () => real],
];

describe.each(publishers)('%s', (_name, publisher) => {
  const publish = (changes: Partial<PublishRequest>): Promise<void> =>
    publisher().publish({
      exchange: '',
      routingKey: 'q',
      content: Buffer.from('x'),
      properties: {},
      ...changes,
    });

  it('accepts what is routed, through the default exchange and another', async () => {
    await expect(publish({})).resolves.toBeUndefined();
    await expect(publish({ exchange: 'x', routingKey: '' })).resolves.toBeUndefined();
  });

  it('rejects what no queue takes, unless that is not asked for', async () => {
    const details = { exchange: '', routingKey: 'none', reply: 'NO_ROUTE' };
    await expect(publish({ routingKey: 'none' })).rejects.toMatchObject({ code: 'UNROUTABLE', details });
    await expect(publish({ routingKey: 'none', mandatory: false })).resolves.toBeUndefined();
  });

  it('rejects a missing exchange and an invalid message', async () => {
    const details = { exchange: 'none' };
    await expect(publish({ exchange: 'none' })).rejects.toMatchObject({
      code: 'EXCHANGE_NOT_FOUND',
      details,
    });
    await expect(publish({ properties: { priority: 300 } })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      details: { pointer: '/properties/priority' },
    });
  });
});
