import type { ExchangeDeclaration } from '../../amqp';
import type { Binding } from '../bindings';
import type { DeclareCommand } from '../queues';
import { argumentsOf, type DefinedBinding, type DefinedExchange, type DefinedQueue } from './document';

/** Definitions in the terms of the services that declare them. */

export const declareCommandOf = (queue: DefinedQueue): DeclareCommand => ({
  name: queue.name,
  durable: queue.durable,
  exclusive: false,
  autoDelete: queue.auto_delete,
  options: {},
  arguments: argumentsOf(queue),
});

export const exchangeDeclarationOf = (exchange: DefinedExchange): ExchangeDeclaration => ({
  name: exchange.name,
  type: exchange.type,
  durable: exchange.durable,
  autoDelete: exchange.auto_delete,
  internal: exchange.internal,
  arguments: exchange.arguments,
});

export const bindingOf = (binding: DefinedBinding): Binding => ({
  source: binding.source,
  destination: binding.destination,
  destinationType: binding.destination_type,
  routingKey: binding.routing_key,
  arguments: binding.arguments,
});
