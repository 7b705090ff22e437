import type { Channel, ExchangeDeclaration } from '../../amqp';
import type { QueueTopology } from '../protocol';

/** Declares an exchange on the given channel. A 406 (declared otherwise by somebody) closes the channel. */
export const declareExchange = async (channel: Channel, exchange: ExchangeDeclaration): Promise<void> => {
  await channel.assertExchange(exchange.name, exchange.type, {
    durable: exchange.durable ?? true,
    autoDelete: exchange.autoDelete ?? false,
  });
};

/**
 * Declares exchange, exclusive queue and binding on the consumer's own channel: an exclusive queue belongs to its
 * connection, so all of it is done again on each new one.
 */
export const declareTransient = async (channel: Channel, topology: QueueTopology): Promise<void> => {
  const { exchange, queue, binding } = topology;
  await declareExchange(channel, exchange);
  await channel.assertQueue(queue.name, {
    durable: queue.durable ?? true,
    exclusive: queue.exclusive ?? false,
    autoDelete: queue.autoDelete ?? false,
    arguments: queue.arguments ?? {},
  });
  await channel.bindQueue(binding.queue, binding.exchange, binding.routingKey);
};
