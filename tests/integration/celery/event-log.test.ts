import { randomUUID } from 'node:crypto';
import { AmqpConnection, Topology } from '../../../amqp';
import { EventReceiver } from '../../../celery';
import { Cleanup } from '../../support/cleanup';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl } from '../../support/vhost';

describe('the event log of a user who may not read celeryev', () => {
  const user = `events-${randomUUID().slice(0, 8)}`;
  const logger = new SilentLogger();
  const cleanup = new Cleanup();

  afterAll(() => cleanup.run());

  it('is not ready, says why once, and opens when the permission is there', async () => {
    const vhost = await createVhost('event-log');
    cleanup.does(() => vhost.drop());
    await rabbitmqctl('add_user', user, user);
    cleanup.does(() => rabbitmqctl('delete_user', user));
    const grant = (read: string) => rabbitmqctl('set_permissions', '-p', vhost.name, user, '.*', '.*', read);
    await grant('^celery-gateway');
    const url = new URL(vhost.url);
    [url.username, url.password] = [user, user];
    const connection = new AmqpConnection({ urls: [url.toString()], name: 'events', logger });
    await cleanup.stops(connection);
    await connection.start();
    const topology = new Topology({ connection, logger });
    const receiver = new EventReceiver({ connection, topology, onEvent: () => undefined, logger });
    await cleanup.stops(receiver);
    expect(receiver.status).toEqual({ ready: false, kind: 'none', detail: 'not opened yet' });
    await receiver.start();

    const refusals = () => logger.lines.filter(({ message }) => message.includes('not opened yet'));
    await until(() => refusals().length > 0);
    expect(receiver.status).toMatchObject({
      ready: false,
      kind: 'none',
      detail: expect.stringContaining('ACCESS_REFUSED'),
    });
    await grant('.*');
    await until(() => receiver.status.ready);
    expect(refusals()).toMatchObject([{ level: 'warn', meta: { queue: 'celery-gateway.events' } }]);
    expect(receiver.status).toEqual({ ready: true, kind: 'stream' });
  });
});
