import { randomUUID } from 'node:crypto';
import {
  type AmqpConnection,
  type AmqpLogger,
  ConfirmPublisher,
  closeChannel,
  hasCode,
  Topology,
} from '../../amqp';
import type { ServerConfig } from '../../server/config';
import { type Finding, finding, words } from './finding';

/** Streams came with it. */
const FIRST_WITH_STREAMS = [3, 9] as const;
/** What was measured on 3.10 is not expected from here on; see docs/reliability.md. */
const FIRST_SETTLED = [3, 12] as const;

export interface BrokerCheckDeps {
  /** Connected. */
  readonly connection: AmqpConnection;
  readonly config: ServerConfig;
  readonly logger: AmqpLogger;
}

const older = (version: string, than: readonly [number, number]): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < than[0] || (major === than[0] && minor < than[1]);
};

export function checkVersion(version: string): Finding {
  if (older(version, FIRST_WITH_STREAMS)) {
    const detail = `${version} has no streams: records and results do not survive a restart of the gateway`;
    return finding('RabbitMQ', 'warning', detail, 'Upgrade to a version that is maintained.');
  }
  if (older(version, FIRST_SETTLED)) {
    const detail = `${version}: a quorum queue killed within two seconds of its declaration may come back empty`;
    return finding('RabbitMQ', 'warning', detail, 'Declare queues ahead of their use, or upgrade.');
  }
  return finding('RabbitMQ', 'ok', version);
}

/** Tries what the gateway does, on a queue of its own: declare, publish with confirm, consume, delete. */
async function checkPermissions(
  { connection, logger }: BrokerCheckDeps,
  topology: Topology,
): Promise<Finding> {
  const queue = `celery-gateway.doctor.${randomUUID()}`;
  const publisher = new ConfirmPublisher({ connection, logger });
  let step = 'configure (declare a queue)';
  try {
    await topology.declareQueue({ name: queue, durable: false, arguments: { 'x-expires': 60_000 } });
    step = 'write (publish to the default exchange)';
    await publisher.start();
    await publisher.publish({
      exchange: '',
      routingKey: queue,
      content: Buffer.from('{}'),
      properties: {},
      mandatory: true,
    });
    step = 'read (get from a queue)';
    const channel = await connection.openChannel();
    try {
      await channel.get(queue, { noAck: true });
    } finally {
      await closeChannel(channel);
    }
    step = 'configure (delete a queue)';
    await topology.deleteQueue(queue);
    return finding('permissions', 'ok', 'declare, publish with confirm, read and delete work');
  } catch (error) {
    const fix = hasCode(error, 'ACCESS_REFUSED')
      ? 'Grant it to the broker user: deploy/rabbitmq/permissions.json has the patterns.'
      : "Look into RabbitMQ's log.";
    return finding('permissions', 'problem', `${step} failed: ${words(error)}`, fix);
  } finally {
    await publisher.stop();
  }
}

async function checkStreams(topology: Topology): Promise<Finding> {
  const queue = `celery-gateway.doctor.${randomUUID()}`;
  try {
    await topology.declareQueue({ name: queue, arguments: { 'x-queue-type': 'stream', 'x-max-age': '1m' } });
    await topology.deleteQueue(queue);
    return finding('streams', 'ok', 'can be declared');
  } catch (error) {
    const fix =
      'Without them results are kept per gateway and submissions not at all. Allow celery-gateway.* to be declared, on RabbitMQ 3.9 or newer.';
    return finding('streams', 'warning', `refused: ${words(error)}`, fix);
  }
}

/** Queues that tasks are routed to, with arguments that a worker's own declare would not repeat. */
async function checkQueue(topology: Topology, queue: string, mayBeMade: boolean): Promise<Finding> {
  const check = `queue ${queue}`;
  if ((await topology.queueStatus(queue)) === null) {
    if (mayBeMade) return finding(check, 'ok', 'is not there yet; the first task makes it');
    return finding(
      check,
      'problem',
      'is not there',
      'Let a worker declare it, or set CELERY_TASK_CREATE_MISSING_QUEUES.',
    );
  }
  const args = Object.entries((await topology.queueArguments(queue)) ?? {}).filter(
    ([, value]) => value !== 'classic',
  );
  if (args.length === 0) return finding(check, 'ok', 'as Celery declares it');
  const told = args.map(([name, value]) => `${name}=${value}`).join(', ');
  const fix =
    'Python workers must declare the same: task_queues = [Queue(…, queue_arguments={…})]. Gateway and TypeScript workers take it as it is.';
  return finding(check, 'warning', `differs from what Celery declares: ${told}`, fix);
}

/** The gateway's own logs, made by somebody else in another way. */
async function checkOwnStream(topology: Topology, stream: string): Promise<Finding | undefined> {
  if ((await topology.queueStatus(stream)) === null) return undefined;
  const args = await topology.queueArguments(stream).catch(() => null);
  const type = args?.['x-queue-type'];
  if (type === undefined || type === 'stream') return undefined;
  return finding(
    `queue ${stream}`,
    'problem',
    `is a ${type} queue, not a stream`,
    'Delete it; the gateway makes it anew.',
  );
}

/** All that can be told over AMQP. */
export async function checkBroker(deps: BrokerCheckDeps): Promise<readonly Finding[]> {
  const { connection, config, logger } = deps;
  const topology = new Topology({ connection, logger });
  const queues = new Set([
    config.CELERY_TASK_DEFAULT_QUEUE,
    ...config.CELERY_TASK_ROUTES.map(({ queue }) => queue),
  ]);
  const looked = async (
    check: string,
    look: () => Promise<Finding | undefined>,
  ): Promise<readonly Finding[]> => {
    try {
      const found = await look();
      return found === undefined ? [] : [found];
    } catch (error) {
      return [finding(check, 'problem', words(error))];
    }
  };
  try {
    const found = [checkVersion(connection.describe().serverVersion ?? '0')];
    found.push(...(await looked('permissions', () => checkPermissions(deps, topology))));
    found.push(...(await looked('streams', () => checkStreams(topology))));
    for (const queue of queues)
      found.push(
        ...(await looked(`queue ${queue}`, () =>
          checkQueue(topology, queue, config.CELERY_TASK_CREATE_MISSING_QUEUES),
        )),
      );
    for (const stream of [config.RESULT_STREAM, config.SUBMISSION_RECORD_STREAM])
      found.push(...(await looked(`queue ${stream}`, () => checkOwnStream(topology, stream))));
    return found;
  } finally {
    await topology.close();
  }
}
