import type { Channel } from 'amqplib';
import { ChannelLease } from './channel-lease';
import type { AmqpConnection } from './connection';
import type {
  BindingDeclaration,
  ExchangeBindingDeclaration,
  ExchangeDeclaration,
  QueueDeclaration,
  QueueStatus,
} from './declarations';
import { QueueError, RabbitMQError } from './errors';
import { encodeArguments } from './header-table';
import type { AmqpLogger } from './log';
import { checkShortString } from './message-validation';
import { probeQueueArguments, type QueueArguments } from './queue-arguments';

/** Longest wait for one answer of the broker, in milliseconds. */
const DEADLINE_MS = 10_000;

/**
 * An argument no queue may have: with it a declare fails, whether the queue exists (then the broker names the first difference it
 * finds, and it looks at `durable` before any argument) or not (then nothing is created).
 */
const CONTRADICTION = { 'x-expires': 'never' } as const;

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof RabbitMQError && codes.includes(error.code);

/** What a topology is made of. */
export interface TopologyOptions {
  readonly connection: Pick<AmqpConnection, 'openChannel'>;
  readonly logger: AmqpLogger;
}

/**
 * Declares, checks and deletes, one after the other and on a channel of its own: a 404, 405 or 406 closes the channel it happens on.
 * All methods throw `RabbitMQError`s: `QUEUE_NOT_FOUND`, `EXCHANGE_NOT_FOUND`, `PRECONDITION_FAILED`, `RESOURCE_LOCKED`,
 * `ACCESS_REFUSED`, `MESSAGE_INVALID` for names and arguments AMQP does not have, `BROKER_UNREACHABLE`.
 */
export class Topology {
  readonly #channel: ChannelLease;
  readonly #logger: AmqpLogger;

  constructor({ connection, logger }: TopologyOptions) {
    this.#channel = new ChannelLease(connection, DEADLINE_MS);
    this.#logger = logger;
  }

  /** Gives the channel back; the next operation opens another one. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  /** What a passive declare tells; null when there is no such queue. */
  async queueStatus(name: string): Promise<QueueStatus | null> {
    checkShortString('/queue', name);
    if (name === '') return null;
    try {
      const { messageCount, consumerCount } = await this.#channel.use((channel) => channel.checkQueue(name));
      return { messageCount, consumerCount };
    } catch (error) {
      if (isCode(error, 'QUEUE_NOT_FOUND')) return null;
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
    const difference = await this.#firstDifference(name).catch((error: unknown) => {
      // It is there, and it is locked even to us: exclusive to this very connection, so it dies with it.
      if (isCode(error, 'RESOURCE_LOCKED')) return 'durable';
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
      if (isCode(error, 'PRECONDITION_FAILED') && (await this.queueStatus(declaration.name)) !== null)
        return 'existing';
      throw error;
    }
  }

  /** @throws QueueError `PRECONDITION_FAILED` when a queue of this name exists with other arguments */
  async declareQueue(declaration: QueueDeclaration): Promise<QueueStatus & { readonly queue: string }> {
    checkShortString('/queue', declaration.name);
    return this.#channel.use((channel) => channel.assertQueue(declaration.name, queueOptions(declaration)));
  }

  async exchangeExists(name: string): Promise<boolean> {
    checkShortString('/exchange', name);
    if (name === '') return true;
    try {
      await this.#channel.use((channel) => channel.checkExchange(name));
      return true;
    } catch (error) {
      if (isCode(error, 'EXCHANGE_NOT_FOUND')) return false;
      throw error;
    }
  }

  /** Declares the exchange unless one of this name exists: then it is used as it is. */
  async ensureExchange(declaration: ExchangeDeclaration): Promise<'existing' | 'declared'> {
    if (await this.exchangeExists(declaration.name)) return 'existing';
    const { name, type, durable = true, autoDelete = false, internal = false } = declaration;
    const options = { durable, autoDelete, internal, arguments: encodeArguments(declaration.arguments) };
    checkShortString('/type', type);
    try {
      await this.#channel.use((channel) => channel.assertExchange(name, type, options));
      return 'declared';
    } catch (error) {
      if (isCode(error, 'PRECONDITION_FAILED') && (await this.exchangeExists(name))) return 'existing';
      throw error;
    }
  }

  async bindQueue(binding: BindingDeclaration): Promise<void> {
    await this.#bind(binding, (channel, { queue, exchange, routingKey }, args) =>
      channel.bindQueue(queue, exchange, routingKey, args),
    );
  }

  /** Messages of `source` with a matching key also go through `exchange`. RabbitMQ's exchange-to-exchange binding. */
  async bindExchange(binding: ExchangeBindingDeclaration): Promise<void> {
    const { exchange, source, routingKey } = binding;
    checkShortString('/exchange', exchange);
    checkShortString('/source', source);
    checkShortString('/routingKey', routingKey);
    await this.#channel.use((channel) => channel.bindExchange(exchange, source, routingKey));
  }

  /**
   * The arguments an existing queue was declared with, as far as the broker compares them; null when there is no such queue or it
   * would not say. What a policy adds does not show.
   */
  async queueArguments(name: string): Promise<QueueArguments | null> {
    if ((await this.queueStatus(name)) === null) return null;
    return probeQueueArguments((options) =>
      this.#channel.use((channel) => channel.assertQueue(name, options)),
    );
  }

  /** Whether an existing exchange is of this type; never creates one. */
  async exchangeIs(name: string, type: 'direct' | 'fanout' | 'headers' | 'topic'): Promise<boolean> {
    if (!(await this.exchangeExists(name))) return false;
    try {
      await this.#channel.use((channel) => channel.assertExchange(name, type, { durable: true }));
      return true;
    } catch (error) {
      // Its type is compared first; another difference means that the type is the same.
      if (isCode(error, 'PRECONDITION_FAILED')) return !/inequivalent arg 'type'/.test(String(error));
      throw error;
    }
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
    return this.#channel.use((channel) => channel.deleteQueue(name, { ifUnused, ifEmpty }));
  }

  /** Drops the messages that wait in the queue; resolves to how many there were. */
  async purgeQueue(name: string): Promise<number> {
    checkShortString('/queue', name);
    return (await this.#channel.use((channel) => channel.purgeQueue(name))).messageCount;
  }

  async deleteExchange(
    name: string,
    options: { readonly ifUnused?: boolean | undefined } = {},
  ): Promise<void> {
    checkShortString('/exchange', name);
    await this.#channel.use((channel) =>
      channel.deleteExchange(name, { ifUnused: options.ifUnused ?? false }),
    );
  }

  async #bind(
    binding: BindingDeclaration,
    change: (channel: Channel, binding: BindingDeclaration, args: object) => Promise<unknown>,
  ): Promise<void> {
    checkShortString('/queue', binding.queue);
    checkShortString('/exchange', binding.exchange);
    checkShortString('/routingKey', binding.routingKey);
    const args = encodeArguments(binding.arguments);
    await this.#channel.use((channel) => change(channel, binding, args));
  }

  /** The first property in which the queue differs from a durable one with an impossible argument. */
  async #firstDifference(name: string): Promise<string | undefined> {
    const options = { durable: true, arguments: CONTRADICTION };
    try {
      await this.#channel.use((channel) => channel.assertQueue(name, options));
    } catch (error) {
      if (isCode(error, 'PRECONDITION_FAILED'))
        return /inequivalent arg '([^']+)'/.exec((error as Error).message)?.[1];
      throw error;
    }
    // A broker that takes the impossible argument takes it as equivalent: nothing differs, `durable` neither.
    return 'nothing';
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
