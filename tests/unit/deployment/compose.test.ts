import { loadServerConfig, serverConfigSchema } from '../../../server/config';
import { workerConfigSchema } from '../../../workers/config';
import {
  type ComposeService,
  composeFile,
  dockerStages,
  envLines,
  interpolate,
  readText,
  variablesOf,
} from './docker-files';

const compose = composeFile();
const services = Object.entries(compose.services);
const service = (name: string): ComposeService => {
  const found = services.find(([key]) => key === name)?.[1];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};
const example = envLines(readText('.env.example'));
const settingNames = [
  ...new Set(
    [serverConfigSchema, workerConfigSchema].flatMap((schema) =>
      Object.keys(schema.describe().keys as object),
    ),
  ),
];

describe('docker-compose.yml', () => {
  test('runs the gateway, a worker of each language, RabbitMQ and Redis', () => {
    expect(services.map(([name]) => name).sort()).toEqual([
      'gateway',
      'python-worker',
      'rabbitmq',
      'redis',
      'worker',
    ]);
    expect(service('rabbitmq').image).toBe('rabbitmq:4-management');
  });

  test('publishes the AMQP, management and HTTP ports, on loopback only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []).map((port) => interpolate(port, {}));
    expect(ports.sort()).toEqual(['127.0.0.1:15672:15672', '127.0.0.1:5672:5672', '127.0.0.1:8000:8000']);
  });

  test('RabbitMQ and Redis tell whether they are healthy', () => {
    expect(service('rabbitmq').healthcheck?.test).toContain('rabbitmq-diagnostics');
    expect(service('redis').healthcheck?.test).toContain('redis-cli');
  });

  test.each(['gateway', 'worker', 'python-worker'])('%s waits for them to be healthy', (name) => {
    expect(service(name).depends_on).toEqual({
      rabbitmq: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  test('every service that is built names a stage of the Dockerfile', () => {
    const stages = dockerStages().map((stage) => stage.name);
    const targets = services.flatMap(([, service]) => service.build?.target ?? []);
    expect(targets.sort()).toEqual(['gateway', 'python-worker', 'worker']);
    for (const target of targets) expect(stages).toContain(target);
  });

  test('every variable it takes from .env is in .env.example', () => {
    for (const name of variablesOf(readText('docker-compose.yml')))
      expect([...example.keys()]).toContain(name);
  });

  test('every setting it gives the gateway is one the gateway knows', () => {
    for (const name of Object.keys(service('gateway').environment ?? {})) {
      expect(settingNames).toContain(name);
    }
  });

  test.each([
    ['without .env', {}],
    ['with .env.example as .env', Object.fromEntries(example)],
  ])('the gateway accepts its environment %s', (_circumstance, env: Readonly<Record<string, string>>) => {
    const environment = Object.fromEntries(
      Object.entries(service('gateway').environment ?? {})
        .map(([name, value]): [string, string] => [name, interpolate(String(value), env)])
        .filter(([, value]) => value !== ''),
    );
    const config = loadServerConfig(environment);
    expect(config.RABBITMQ_ENABLED).toBe(true);
    expect(config.CELERY_BROKER_URL.join()).toContain('@rabbitmq:5672/');
    expect(config.GATEWAY_HOST).toBe('0.0.0.0');
  });
});

describe('.env.example', () => {
  test('has a line for every setting, and no other', () => {
    const names = (all: readonly string[]) => new Set(all.filter((name) => name !== 'RABBITMQ_USER'));
    expect(names([...example.keys()])).toEqual(names(settingNames));
  });

  test('turns both feature flags on and ships no key', () => {
    expect(example.get('RABBITMQ_ENABLED')).toBe('true');
    expect(example.get('RABBITMQ_MANAGEMENT_ENABLED')).toBe('true');
    expect(example.get('GATEWAY_API_KEYS')).toBe('');
  });
});
