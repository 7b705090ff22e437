import type { Channel } from 'amqplib';
import { ChannelLease, type LeasedConnection } from './channel-lease';
import type { BindingDeclaration, QueueDeclaration, QueueStatus } from './declarations';
import { hasCode } from './error-mapping';
import { QueueError } from './errors';
import { ExchangeTopology } from './exchange-topology';
import { encodeArguments } from './header-table';
import type { AmqpLogger } from './log';
import { checkShortString } from './message-validation';
import { probeQueueArguments, type QueueArguments } from './queue-arguments';
import { firstDifference } from './queue-durability';
import { isQuorum, type SettlingQueues } from './settling-queues';

/** Longest wait for one answer of the broker, in milliseconds. */
const DEADLINE_MS = 10_000;

/** What a topology is made of. */
export interface TopologyOptions {
  readonly connection: LeasedConnection;
  /** Told of the quorum queues it declares. */
  readonly settling?: Pick<SettlingQueues, 'note'> | undefined;
  readonly logger: AmqpLogger;
}

/**
 * Declares, checks and deletes, one after the other and on a channel of its own: a 404, 405 or 406 closes the channel it happens on.
 * All methods throw `RabbitMQError`s: `QUEUE_NOT_FOUND`, `EXCHANGE_NOT_FOUND`, `PRECONDITION_FAILED`, `RESOURCE_LOCKED`,
 * `ACCESS_REFUSED`, `MESSAGE_INVALID` for names and arguments AMQP does not have, `BROKER_UNREACHABLE`.
 */
export class Topology extends ExchangeTopology {
  readonly #logger: AmqpLogger;
  readonly #settling: TopologyOptions['settling'];

  constructor({ connection, settling, logger }: TopologyOptions) {
    super(new ChannelLease(connection, DEADLINE_MS));
    this.#logger = logger;
    this.#settling = settling;
  }

  /** Gives the channel back; the next operation opens another one. */
  async close(): Promise<void> {
    await this.channel.close();
  }

  /** What a passive declare tells; null when there is no such queue. */
  async queueStatus(name: string): Promise<QueueStatus | null> {
    checkShortString('/queue', name);
    if (name === '') return null;
    try {
      const { messageCount, consumerCount } = await this.channel.use((channel) => channel.checkQueue(name));
      return { messageCount, consumerCount };
    } catch (error) {
      if (hasCode(error, 'QUEUE_NOT_FOUND')) return null;
      throw error;
    }
  }

  /**
   * Whether the queue survives a restart of the broker, without the management API. Never creates the queue.
   *
   * @throws QueueError `QUEUE_NOT_FOUND`; `RESOURCE_LOCKED` when it is exclusive to another connection
   */
  async queueIsDurable(name: string): Promise<boolean> {
    if ((await this.queueStatus(name)) === null) throw queueNotFound(name);
    const difference = await firstDifference((options) =>
      this.channel.use((channel) => channel.assertQueue(name, options)),
    ).catch((error: unknown) => {
      // It is there, and it is locked even to us: exclusive to this very connection, so it dies with it.
      if (hasCode(error, 'RESOURCE_LOCKED')) return 'durable';
      throw error;
    });
    if (difference === undefined) throw queueNotFound(name);
    return difference !== 'durable';
  }

  /** Declares the queue unless one of this name exists: then it is used as it is, whatever its arguments. */
  async ensureQueue(declaration: QueueDeclaration): Promise<'existing' | 'declared'> {
    if ((await this.queueStatus(declaration.name)) !== null) return 'existing';
    try {
      await this.declareQueue(declaration);
      this.#logger.info('Queue declared', { queue: declaration.name });
      return 'declared';
    } catch (error) {
      // Somebody else declared it in between, in another way.
      if (hasCode(error, 'PRECONDITION_FAILED') && (await this.queueStatus(declaration.name)) !== null)
        return 'existing';
      throw error;
    }
  }

  /** @throws QueueError `PRECONDITION_FAILED` when a queue of this name exists with other arguments */
  async declareQueue(declaration: QueueDeclaration): Promise<QueueStatus & { readonly queue: string }> {
    const { name } = declaration;
    checkShortString('/queue', name);
    const settling = isQuorum(declaration) ? this.#settling : undefined;
    // One that exists is only compared by this.
    const young = settling !== undefined && (await this.queueStatus(name)) === null;
    if (young) settling.note(name);
    const declared = await this.channel.use((channel) =>
      channel.assertQueue(name, queueOptions(declaration)),
    );
    if (young) settling.note(name);
    return declared;
  }

  async bindQueue(binding: BindingDeclaration): Promise<void> {
    await this.#bind(binding, (channel, { queue, exchange, routingKey }, args) =>
      channel.bindQueue(queue, exchange, routingKey, args),
    );
  }

  /**
   * The arguments an existing queue was declared with, as far as the broker compares them; null when there is no such queue or it
   * would not say. What a policy adds does not show.
   */
  async queueArguments(name: string): Promise<QueueArguments | null> {
    if ((await this.queueStatus(name)) === null) return null;
    return probeQueueArguments((options) =>
      this.channel.use((channel) => channel.assertQueue(name, options)),
    );
  }

  async unbindQueue(binding: BindingDeclaration): Promise<void> {
    await this.#bind(binding, (channel, { queue, exchange, routingKey }, args) =>
      channel.unbindQueue(queue, exchange, routingKey, args),
    );
  }

  /**
   * Deletes the queue with the messages in it; a queue that does not exist counts as deleted with none.
   *
   * @throws QueueError `PRECONDITION_FAILED` when it is in use or not empty and that was asked for
   */
  async deleteQueue(
    name: string,
    options: { readonly ifUnused?: boolean | undefined; readonly ifEmpty?: boolean | undefined } = {},
  ): Promise<{ readonly messageCount: number }> {
    checkShortString('/queue', name);
    const { ifUnused = false, ifEmpty = false } = options;
    return this.channel.use((channel) => channel.deleteQueue(name, { ifUnused, ifEmpty }));
  }

  /** Drops the messages that wait in the queue; resolves to how many there were. */
  async purgeQueue(name: string): Promise<number> {
    checkShortString('/queue', name);
    return (await this.channel.use((channel) => channel.purgeQueue(name))).messageCount;
  }

  async #bind(
    binding: BindingDeclaration,
    change: (channel: Channel, binding: BindingDeclaration, args: object) => Promise<unknown>,
  ): Promise<void> {
    checkShortString('/queue', binding.queue);
    checkShortString('/exchange', binding.exchange);
    checkShortString('/routingKey', binding.routingKey);
    const args = encodeArguments(binding.arguments);
    await this.channel.use((channel) => change(channel, binding, args));
  }
}

const queueOptions = (declaration: QueueDeclaration) => ({
  durable: declaration.durable ?? true,
  exclusive: declaration.exclusive ?? false,
  autoDelete: declaration.autoDelete ?? false,
  arguments: encodeArguments(declaration.arguments),
});

const queueNotFound = (name: string): QueueError =>
  new QueueError('QUEUE_NOT_FOUND', `There is no queue ${name}`, { details: { queue: name } });
