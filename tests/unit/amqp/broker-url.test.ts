import { inspect } from 'node:util';
import { AmqpConnection, brokerUrl, type RabbitMQError, redactUrl } from '../../../amqp';
import { parseBrokerUrl } from '../../../amqp/broker-url';
import { SilentLogger } from '../../support/silent-logger';

const failure = (act: () => unknown): RabbitMQError => {
  try {
    act();
  } catch (error) {
    return error as RabbitMQError;
  }
  throw new Error('did not fail');
};

describe('brokerUrl', () => {
  it('percent-encodes user, password and vhost', () => {
    const parts = { host: 'mq', port: 5672, username: 'a@b', password: 'p/w:%', vhost: '/' };
    expect(brokerUrl(parts)).toBe('amqp://a%40b:p%2Fw%3A%25@mq:5672/%2F');
    expect(brokerUrl({ ...parts, vhost: 'tasks/eu', tls: true })).toMatch(/^amqps:.*\/tasks%2Feu$/);
    expect(brokerUrl({ ...parts, host: '::1' })).toContain('@[::1]:5672/');
  });

  it('is read back by parseBrokerUrl', () => {
    const parts = { host: 'mq', port: 1, username: 'ü', password: '%2F', vhost: 'a%b/c', tls: true };
    const read = parseBrokerUrl(brokerUrl(parts));
    expect({ ...read, password: read.password }).toEqual(parts);
  });
});

describe('parseBrokerUrl', () => {
  it.each([
    ['amqp://h', '/'],
    ['amqp://h/', '/'],
    ['amqp://h//', '/'],
    ['amqp://h/%2F', '/'],
    ['amqp://h/%2f', '/'],
    ['amqp://h/tasks', 'tasks'],
    ['amqp://h/a%20b', 'a b'],
  ])('reads the vhost of %s as kombu does: %s', (url, vhost) => {
    expect(parseBrokerUrl(url).vhost).toBe(vhost);
  });

  it('defaults to guest and to the port of the scheme', () => {
    const { username, password, port } = parseBrokerUrl('amqps://h/');
    expect({ username, password, port }).toEqual({ username: 'guest', password: 'guest', port: 5671 });
    expect(parseBrokerUrl('amqp://[::1]').host).toBe('::1');
  });

  it.each([
    'amqp://u:CANARY@bad host',
    'http://u:CANARY@h/',
    'amqp://u:CANARY%zz@h/',
    'amqp://u:CANARY@h/%zz',
    '',
  ])('refuses %s without repeating any of it', (url) => {
    const error = failure(() => parseBrokerUrl(url));
    expect(error.code).toBe('BROKER_UNREACHABLE');
    expect(error.retryable).toBe(false);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('CANARY');
  });
});

describe('redactUrl', () => {
  it.each([
    ['amqp://u:p@h:1/v', 'amqp://***@h:1/v'],
    ['amqp://u:p@ss/@h/v', 'amqp://***@h/v'],
    ['amqp://h/v', 'amqp://h/v'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('AmqpConnection', () => {
  const logger = new SilentLogger();

  it('shows no password, however deep it is inspected', () => {
    const connection = new AmqpConnection({ urls: ['amqp://u:CANARY@h/'], name: 'n', logger });
    expect(inspect(connection, { depth: null })).not.toContain('CANARY');
    expect(JSON.stringify(connection.describe())).not.toContain('CANARY');
  });

  it('refuses to be built without a URL, or with verification of certificates switched off', () => {
    expect(failure(() => new AmqpConnection({ urls: [], name: 'n', logger })).code).toBe(
      'BROKER_UNREACHABLE',
    );
    const tls = { rejectUnauthorized: false };
    const error = failure(() => new AmqpConnection({ urls: ['amqps://h'], name: 'n', logger, tls }));
    expect(error.message).toMatch(/cannot be switched off/);
  });

  it('rejects channels at once while not connected, and stops without having been started', async () => {
    const connection = new AmqpConnection({ urls: ['amqp://h'], name: 'n', logger });
    await expect(connection.openChannel()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    await connection.stop();
    await connection.stop();
    await expect(connection.ready(1000)).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      retryable: false,
    });
  });
});
