import { loadServerConfig } from '../../../server/config';
import { brokerUrls } from '../../../server/messaging';
import { storedKeys } from '../../support/gateway-app';

describe('the gateway configuration', () => {
  test('both feature flags are off by default', () => {
    const config = loadServerConfig({});
    expect([config.RABBITMQ_ENABLED, config.RABBITMQ_MANAGEMENT_ENABLED]).toEqual([false, false]);
  });

  test.each([
    [
      { RABBITMQ_HOST: 'h', RABBITMQ_USER: 'u@', RABBITMQ_PASSWORD: 'p/', RABBITMQ_VHOST: '/' },
      ['amqp://u%40:p%2F@h:5672/%2F'],
    ],
    [{ RABBITMQ_HOST: 'h', RABBITMQ_URL: 'amqp://a/' }, ['amqp://a/']],
    [
      { RABBITMQ_URL: 'amqp://a/', CELERY_BROKER_URL: 'pyamqp://b/; amqps://c/,amqp://d/' },
      ['amqp://b/', 'amqps://c/', 'amqp://d/'],
    ],
  ])('%j leads to %j', (env, urls) => {
    expect(brokerUrls(loadServerConfig(env))).toEqual(urls);
  });

  test('keys and routes are read', () => {
    const config = loadServerConfig({ GATEWAY_API_KEYS: storedKeys, CELERY_TASK_ROUTES: 'a.*=q1; b = q2' });
    expect(config.GATEWAY_API_KEYS.map(({ role }) => role)).toEqual(['reader', 'submitter', 'admin']);
    expect(config.CELERY_TASK_ROUTES).toEqual([
      { pattern: 'a.*', queue: 'q1' },
      { pattern: 'b', queue: 'q2' },
    ]);
  });

  test('secrets do not show in problems', () => {
    const env = {
      CELERY_BROKER_URL: 'amqp://u:CANARY@bad host',
      RABBITMQ_URL: 'http://u:CANARY@h',
      GATEWAY_API_KEYS: 'CANARY',
      CELERY_RESULT_BACKEND: 'mongodb://u:CANARY@h',
    };
    expect(() => loadServerConfig(env)).toThrow(/4 problem/);
    expect(() => loadServerConfig(env)).not.toThrow(/CANARY/);
  });
});
