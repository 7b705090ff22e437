import type { QueueDeclaration, Topology } from '../../amqp';
import { inputError } from '../errors';
import {
  explained,
  type ManagedQueue,
  type ManagementClient,
  type MessagingService,
  type NamePolicy,
  type QueueInfo,
} from '../messaging';
import type { DeclaredNames } from './declared-names';
import { conditionsForBroker, type DeleteConditions } from './delete-conditions';
import { optionProblem, type QueueOptions, queueArguments, unknownArgumentValue } from './options';

export interface QueueServiceDeps {
  readonly messaging: Pick<MessagingService, 'declareQueue' | 'queueInfo' | 'purgeQueue'>;
  readonly topology: Pick<Topology, 'queueStatus' | 'queueArguments' | 'declareQueue' | 'deleteQueue'>;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'queue' | 'queues'> | undefined;
  /** Streams cannot be purged, and asking for it ends the connection. */
  readonly takeable: (queue: string) => Promise<unknown>;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
  /** Queues of Celery workers, as far as the gateway knows. */
  readonly celeryQueues: () => readonly string[];
  readonly declared: DeclaredNames;
  /** Resolves when a queue that was declared keeps what it confirms. */
  readonly settled: (queue: string) => Promise<void>;
}

export interface DeclareCommand {
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly options: QueueOptions;
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
}

/** A queue, as far as it can be told. */
export interface DetailedQueue {
  readonly source: 'amqp' | 'management';
  readonly queueName: string;
  readonly messageCount: number;
  /** Null where AMQP does not tell it: of streams. */
  readonly consumerCount: number | null;
  readonly durable: boolean | null;
  readonly arguments: Readonly<Record<string, unknown>> | null;
  /** What the management API adds. */
  readonly managed: ManagedQueue | undefined;
}

export interface QueueList {
  readonly source: 'amqp' | 'management';
  readonly complete: boolean;
  readonly total: number;
  readonly items: readonly DetailedQueue[];
}

export interface ListCommand {
  readonly page: number;
  readonly pageSize: number;
  /** A text in the name. */
  readonly name: string | undefined;
}

/** Declares, inspects, lists, purges and deletes queues. */
export class QueueService {
  constructor(private readonly deps: QueueServiceDeps) {}

  /** @throws GatewayError REQUEST_INVALID for options that do not go together. @throws QueueError PRECONDITION_FAILED. */
  async declare(command: DeclareCommand): Promise<Omit<QueueInfo, 'durable'>> {
    this.deps.names.checkQueue(command.name, '/queue_name');
    const declaration = declarationOf(command);
    // An exclusive queue lives with the connection that looks at it later. All others are declared on one that may end by it.
    const { messaging, topology, declared } = this.deps;
    if (command.exclusive) return explained(messaging.declareQueue(declaration));
    const { queue, messageCount, consumerCount } = await explained(topology.declareQueue(declaration));
    declared.add(queue);
    // Who goes on by this answer may submit through another gateway, which knows nothing of the queue's age.
    await this.deps.settled(queue);
    return { queueName: queue, messageCount, consumerCount };
  }

  /** Reads only, so internal queues may be asked for too. */
  async info(queueName: string): Promise<DetailedQueue> {
    const { messaging, management } = this.deps;
    const { messageCount, consumerCount, durable } = await messaging.queueInfo(queueName);
    const known = { queueName, messageCount, durable };
    // It only adds to what the broker itself has just told.
    const managed = (await management?.queue(queueName).catch(() => undefined)) ?? undefined;
    if (managed !== undefined) {
      const isStream = managed.type === 'stream';
      return {
        ...known,
        consumerCount: isStream ? (managed.consumer_details?.length ?? 0) : consumerCount,
        source: 'management',
        arguments: managed.arguments ?? {},
        managed,
      };
    }
    const declared = await this.argumentsOf(queueName);
    const isStream = declared?.['x-queue-type'] === 'stream';
    return {
      ...known,
      consumerCount: isStream ? null : consumerCount,
      source: 'amqp',
      arguments: declared,
      managed: undefined,
    };
  }

  /** Without the management API: the queues the gateway knows of. */
  async list(command: ListCommand): Promise<QueueList> {
    const { management } = this.deps;
    if (management === undefined) return this.listKnown(command);
    const { page, pageSize, name } = command;
    const found = await management.queues({ page, pageSize, name: name && literalPattern(name) });
    const items = found.items.map(fromManagement);
    return { source: 'management', complete: true, total: found.filtered_count, items };
  }

  async purge(queueName: string): Promise<number> {
    this.deps.names.checkQueue(queueName, '/queue_name');
    await this.deps.takeable(queueName);
    return this.deps.messaging.purgeQueue(queueName);
  }

  /** @throws QueueError PRECONDITION_FAILED while it is in use or not empty and that was asked for. */
  async delete(
    queueName: string,
    conditions: DeleteConditions,
  ): Promise<{ readonly existed: boolean; readonly messageCount: number }> {
    const { names, topology, declared } = this.deps;
    names.checkQueue(queueName, '/queue_name');
    declared.delete(queueName);
    if ((await topology.queueStatus(queueName)) === null) return { existed: false, messageCount: 0 };
    const left = await conditionsForBroker(topology, queueName, conditions);
    const { messageCount } = await explained(topology.deleteQueue(queueName, left));
    return { existed: true, messageCount };
  }

  private async listKnown({ page, pageSize, name = '' }: ListCommand): Promise<QueueList> {
    const { celeryQueues, declared } = this.deps;
    const names = [...new Set([...celeryQueues(), ...declared.names()])]
      .filter((each) => each.includes(name))
      .sort((a, b) => (a < b ? -1 : 1));
    const items: DetailedQueue[] = [];
    let gone = 0;
    for (const queueName of names.slice((page - 1) * pageSize, page * pageSize)) {
      const status = await this.deps.topology.queueStatus(queueName);
      if (status === null) {
        gone += 1;
        continue;
      }
      const { messageCount, consumerCount } = status;
      const counts = { queueName, messageCount, consumerCount, durable: null, arguments: null };
      items.push({ ...counts, source: 'amqp', managed: undefined });
    }
    return { source: 'amqp', complete: false, total: names.length - gone, items };
  }

  /** Exclusive ones do not answer; that is no reason to fail. */
  private async argumentsOf(queueName: string): Promise<Readonly<Record<string, unknown>> | null> {
    return this.deps.topology.queueArguments(queueName).catch(() => null);
  }
}

/** @throws GatewayError REQUEST_INVALID. */
export function declarationOf(command: DeclareCommand): QueueDeclaration {
  const { name, durable, exclusive, autoDelete, options } = command;
  const problem = optionProblem(options, { durable, exclusive, autoDelete });
  if (problem !== undefined) {
    throw inputError('REQUEST_INVALID', 'The options of the queue do not go together.', [
      { pointer: '', detail: problem },
    ]);
  }
  const unknown = unknownArgumentValue(command.arguments ?? {});
  if (unknown !== undefined) {
    throw inputError('REQUEST_INVALID', 'RabbitMQ does not take these arguments.', [
      { pointer: `/arguments/${unknown}`, detail: 'is not one of the strategies RabbitMQ has' },
    ]);
  }
  return { name, durable, exclusive, autoDelete, arguments: queueArguments(options, command.arguments) };
}

function fromManagement(managed: ManagedQueue): DetailedQueue {
  return {
    source: 'management',
    queueName: managed.name,
    messageCount: managed.messages_ready ?? 0,
    consumerCount: managed.consumers ?? 0,
    durable: managed.durable ?? null,
    arguments: managed.arguments ?? {},
    managed,
  };
}

/** A text as a regular expression that means just it. */
function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
