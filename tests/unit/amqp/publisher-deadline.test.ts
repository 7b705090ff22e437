import { EventEmitter } from 'node:events';
import { type AmqpConnection, ConfirmPublisher } from '../../../amqp';
import { SilentLogger } from '../../support/silent-logger';

/** A connection whose broker has stopped answering. */
const frozen = (): AmqpConnection => {
  const never = () => new Promise<never>(() => undefined);
  const connection = Object.assign(new EventEmitter(), {
    state: 'connected',
    frameMax: 131_072,
    describe: () => ({ username: 'guest' }),
    openChannel: never,
    openConfirmChannel: never,
  });
  return connection as unknown as AmqpConnection;
};

describe('a publish to a broker that does not answer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['the default exchange, while its channel opens', ''],
    ['an exchange that has to be looked for', 'tickets'],
  ])('ends with its deadline, refused for certain: %s', async (_, exchange) => {
    const publisher = new ConfirmPublisher({
      connection: frozen(),
      deadlineMs: 2000,
      logger: new SilentLogger(),
    });
    await publisher.start();
    const request = { exchange, routingKey: 'q', content: Buffer.from('x'), properties: {} };
    const refused = expect(publisher.publish(request)).rejects.toMatchObject({
      code: 'PUBLISHER_SATURATED',
      retryable: true,
    });
    expect(publisher.inFlight).toBe(1);
    await jest.advanceTimersByTimeAsync(2100);
    await refused;
    expect(publisher.inFlight).toBe(0);
    // Its timer ends with the last message.
    await jest.advanceTimersByTimeAsync(100);
  });
});
