import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AmqpConsumer, type Delivery } from '../../../amqp';
import { AmqpSession } from '../../support/amqp-session';
import { until } from '../../support/until';

/** py-amqp writes integers beyond 32 bits as type `L`, which ends an amqplib connection. */
const PUBLISH = `
import sys, kombu
with kombu.Connection(sys.argv[1]) as connection:
    connection.Producer().publish(b'x', routing_key='wide', headers={
        'forty': 2**40, 'minus': -2**40, 'sixty_two': 2**62, 'deep': {'list': [2**41, None, 'text']}, 'int16': 300})
`;

let session: AmqpSession;

beforeAll(async () => {
  session = await AmqpSession.open('python-headers');
});

afterAll(() => session.close());

describe('headers from Python', () => {
  it('arrive exactly, 64-bit integers at every depth too, and the connection lives', async () => {
    const connection = await session.connect();
    await (await session.topology()).declareQueue({ name: 'wide' });
    await promisify(execFile)(process.env.TEST_PYTHON ?? 'python3', ['-c', PUBLISH, session.vhost.url]);
    const deliveries: Delivery[] = [];
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery);
    await session.use(
      new AmqpConsumer({ connection, queue: 'wide', prefetch: 1, onDelivery, logger: session.logger }),
    );
    await until(() => deliveries.length === 1);
    expect(deliveries[0]?.headers).toEqual({
      forty: 2 ** 40,
      minus: -(2 ** 40),
      sixty_two: 2n ** 62n,
      deep: { list: [2 ** 41, null, 'text'] },
      int16: 300,
    });
    expect(deliveries[0]?.ack()).toBe(true);
    expect(connection.generation).toBe(1);
  });
});
