import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../../runtime';
import { loadFurtherBrokers, loadServerConfig } from '../../../server/config';

const folder = mkdtempSync(join(tmpdir(), 'brokers-'));
const file = join(folder, 'brokers.json');
afterAll(() => rmSync(folder, { recursive: true }));

const ENV = {
  RABBITMQ_ENABLED: 'true',
  GATEWAY_BROKERS_FILE: file,
  CELERY_BROKER_URL: 'amqp://one:secret@first/a',
  CELERY_RESULT_BACKEND: 'redis://first/0',
  CELERY_TASK_DEFAULT_QUEUE: 'work',
};

const load = (content: unknown, env: Readonly<Record<string, string>> = ENV) => {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadFurtherBrokers(loadServerConfig(env), env);
};

const eu = { CELERY_BROKER_URL: 'amqp://eu/' };

test('without a file there are none', () => {
  expect(loadFurtherBrokers(loadServerConfig({}), {})).toEqual([]);
});

test('a broker has the settings of the process but for its own, and those that say where the first one is', () => {
  const [broker] = load({ eu: { ...eu, TASK_HISTORY_LIMIT: 500, keys: ['eu*'] } });
  expect(broker).toMatchObject({ name: 'eu', keys: ['eu*'] });
  expect(broker?.config).toMatchObject({
    CELERY_BROKER_URL: ['amqp://eu/'],
    CELERY_RESULT_BACKEND: 'rpc://',
    CELERY_TASK_DEFAULT_QUEUE: 'work',
    TASK_HISTORY_LIMIT: 500,
  });
});

test.each<[string, unknown, RegExp]>([
  ['no JSON', '{', /is no JSON/],
  ['a list', [], /holds no object/],
  ['a name that is no part of a path', { 'e/u': eu }, /has a name/],
  ['the name of the first one', { default: eu }, /has a name/],
  ['a text for a broker', { eu: 'amqp://secret/' }, /no object for the broker eu/],
  ['a broker that is nowhere', { eu: { CELERY_RESULT_BACKEND: 'rpc://' } }, /does not say where/],
  ["a setting of the process's", { eu: { ...eu, GATEWAY_PORT: 1 } }, /GATEWAY_PORT/],
  ['brokers of a broker', { eu: { ...eu, GATEWAY_BROKERS_FILE: 'x' } }, /GATEWAY_BROKERS_FILE/],
  [
    'a value that is wrong',
    { eu: { ...eu, TASK_HISTORY_LIMIT: 'secret' } },
    /TASK_HISTORY_LIMIT of the broker eu/,
  ],
  ['keys that are no list', { eu: { ...eu, keys: 'eu' } }, /no list of texts/],
])('%s is refused, and no value is told', (_case, content, message) => {
  expect(() => load(content)).toThrow(ConfigError);
  expect(() => load(content)).toThrow(message);
  expect(() => load(content)).not.toThrow(/secret/);
});

test('so is a file that is not there, and one without messaging', () => {
  const missing = { ...ENV, GATEWAY_BROKERS_FILE: join(folder, 'none.json') };
  expect(() => loadFurtherBrokers(loadServerConfig(missing), missing)).toThrow(/ENOENT/);
  expect(() => load({ eu }, { ...ENV, RABBITMQ_ENABLED: 'false' })).toThrow(/needs RABBITMQ_ENABLED/);
});
