import { AmqpConnection, closeChannel } from '../../../amqp';
import { SilentLogger } from '../../support/silent-logger';
import { createVhost, type TestVhost } from '../../support/vhost';

describe('closeChannel', () => {
  let vhost: TestVhost;
  let connection: AmqpConnection;

  beforeAll(async () => {
    vhost = await createVhost();
    connection = new AmqpConnection({ urls: [vhost.url], name: 'close-channel', logger: new SilentLogger() });
    await connection.start();
    await connection.ready(5000);
  });

  afterAll(() => vhost.drop());

  test('resolves for a channel that is closed already', async () => {
    const channel = await connection.openChannel();
    await channel.close();
    await expect(closeChannel(channel)).resolves.toBeUndefined();
  });

  test('resolves when the connection ends before the broker answers', async () => {
    const channel = await connection.openChannel();
    const closing = closeChannel(channel);
    const stopping = connection.stop();
    await expect(closing).resolves.toBeUndefined();
    await stopping;
  });
});
