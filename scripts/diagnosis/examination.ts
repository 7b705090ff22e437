import { AmqpConnection } from '../../amqp';
import { ConfigError, type Environment, silentLogger, systemClock } from '../../runtime';
import { loadServerConfig, type ServerConfig } from '../../server/config';
import { brokerTls, brokerUrls } from '../../server/messaging';
import { checkBroker } from './broker-check';
import { checkClock, checkRedis } from './clock-check';
import { checkConsumerTimeout } from './consumer-timeout-check';
import { type Finding, finding, words } from './finding';
import { checkKeys } from './key-check';
import { checkNode } from './node-check';

const CONNECT_MS = 6000;
/** As the worker has it when CELERY_WORKER_ETA_PARK_AFTER is not set. */
const PARK_AFTER_SECONDS = 600;

function readConfig(env: Environment): ServerConfig | readonly Finding[] {
  try {
    return loadServerConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ setting, detail }) =>
      finding(setting, 'problem', detail, 'See docs/configuration.md.'),
    );
  }
}

async function overAmqp(config: ServerConfig): Promise<readonly Finding[]> {
  if (!config.RABBITMQ_ENABLED)
    return [finding('RabbitMQ', 'problem', 'is switched off', 'Set RABBITMQ_ENABLED=true.')];
  const logger = silentLogger();
  const connection = new AmqpConnection({
    urls: brokerUrls(config),
    name: 'celery-gateway doctor',
    tls: brokerTls(config),
    connectTimeoutMs: config.RABBITMQ_CONNECT_TIMEOUT_MS,
    logger,
  });
  await connection.start();
  try {
    await connection.ready(CONNECT_MS);
    return await checkBroker({ connection, config, logger });
  } catch (error) {
    const { host, port } = connection.describe();
    const fix = 'Check the URL, the user, the virtual host and that the node runs.';
    return [finding('RabbitMQ', 'problem', `${host}:${port}: ${words(error)}`, fix)];
  } finally {
    await connection.stop();
  }
}

function redisUrls(config: ServerConfig): readonly (readonly [string, string])[] {
  const results = config.CELERY_RESULT_BACKEND;
  const counters = config.RATE_LIMIT_REDIS_URL;
  const keys = config.GATEWAY_API_KEYS_REDIS_URL;
  return [
    ...(/^rediss?:/.test(results) ? [['result backend', results] as const] : []),
    ...(counters === undefined ? [] : [['rate limit counters', counters] as const]),
    ...(keys === undefined ? [] : [['Redis of the API keys', keys] as const]),
  ];
}

/** Looks at everything; what fails is a finding, never an error. */
export async function examine(
  env: Environment,
  rabbitmqctl: string | undefined,
): Promise<readonly Finding[]> {
  const node = checkNode(process.versions.node);
  const config = readConfig(env);
  if (!('GATEWAY_PORT' in config)) return [node, ...config];
  const heldSeconds = Number(env.CELERY_WORKER_ETA_PARK_AFTER ?? PARK_AFTER_SECONDS);
  const redis = (await Promise.all(redisUrls(config).map(([check, url]) => checkRedis(check, url)))).flat();
  const clock =
    redis.some(({ check }) => check === 'clock') && config.RABBITMQ_MANAGEMENT_URL === undefined
      ? []
      : [await checkClock(config.RABBITMQ_MANAGEMENT_URL)];
  return [
    node,
    finding('settings', 'ok', 'can be used'),
    ...(await checkKeys(config, systemClock)),
    ...(await overAmqp(config)),
    await checkConsumerTimeout(rabbitmqctl, heldSeconds),
    ...redis,
    ...clock,
  ];
}
