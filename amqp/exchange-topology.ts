import type { Channel } from 'amqplib';
import type { ChannelLease } from './channel-lease';
import type { ExchangeBindingDeclaration, ExchangeDeclaration } from './declarations';
import { hasCode } from './error-mapping';
import { encodeArguments } from './header-table';
import { checkShortString } from './message-validation';

/** The half of a `Topology` that is about exchanges; both halves share one channel. */
export class ExchangeTopology {
  constructor(protected readonly channel: ChannelLease) {}

  async exchangeExists(name: string): Promise<boolean> {
    checkShortString('/exchange', name);
    if (name === '') return true;
    try {
      await this.channel.use((channel) => channel.checkExchange(name));
      return true;
    } catch (error) {
      if (hasCode(error, 'EXCHANGE_NOT_FOUND')) return false;
      throw error;
    }
  }

  /** @throws QueueError `PRECONDITION_FAILED` when an exchange of this name exists with another type or other flags */
  async declareExchange(declaration: ExchangeDeclaration): Promise<void> {
    const { name, type, durable = true, autoDelete = false, internal = false } = declaration;
    const options = { durable, autoDelete, internal, arguments: encodeArguments(declaration.arguments) };
    checkShortString('/exchange', name);
    checkShortString('/type', type);
    await this.channel.use((channel) => channel.assertExchange(name, type, options));
  }

  /** Declares the exchange unless one of this name exists: then it is used as it is. */
  async ensureExchange(declaration: ExchangeDeclaration): Promise<'existing' | 'declared'> {
    if (await this.exchangeExists(declaration.name)) return 'existing';
    try {
      await this.declareExchange(declaration);
      return 'declared';
    } catch (error) {
      if (hasCode(error, 'PRECONDITION_FAILED') && (await this.exchangeExists(declaration.name)))
        return 'existing';
      throw error;
    }
  }

  /** Messages of `source` with a matching key also go through `exchange`. RabbitMQ's exchange-to-exchange binding. */
  async bindExchange(binding: ExchangeBindingDeclaration): Promise<void> {
    await this.#bindExchanges(binding, (channel, { exchange, source, routingKey }, args) =>
      channel.bindExchange(exchange, source, routingKey, args),
    );
  }

  /** A binding that does not exist counts as removed. */
  async unbindExchange(binding: ExchangeBindingDeclaration): Promise<void> {
    await this.#bindExchanges(binding, (channel, { exchange, source, routingKey }, args) =>
      channel.unbindExchange(exchange, source, routingKey, args),
    );
  }

  /** Whether an existing exchange is of this type; never creates one. */
  async exchangeIs(name: string, type: 'direct' | 'fanout' | 'headers' | 'topic'): Promise<boolean> {
    if (!(await this.exchangeExists(name))) return false;
    try {
      await this.channel.use((channel) => channel.assertExchange(name, type, { durable: true }));
      return true;
    } catch (error) {
      // Its type is compared first; another difference means that the type is the same.
      if (hasCode(error, 'PRECONDITION_FAILED')) return !/inequivalent arg 'type'/.test(String(error));
      throw error;
    }
  }

  async deleteExchange(
    name: string,
    options: { readonly ifUnused?: boolean | undefined } = {},
  ): Promise<void> {
    checkShortString('/exchange', name);
    await this.channel.use((channel) =>
      channel.deleteExchange(name, { ifUnused: options.ifUnused ?? false }),
    );
  }

  async #bindExchanges(
    binding: ExchangeBindingDeclaration,
    change: (channel: Channel, binding: ExchangeBindingDeclaration, args: object) => Promise<unknown>,
  ): Promise<void> {
    checkShortString('/exchange', binding.exchange);
    checkShortString('/source', binding.source);
    checkShortString('/routingKey', binding.routingKey);
    const args = encodeArguments(binding.arguments);
    await this.channel.use((channel) => change(channel, binding, args));
  }
}
