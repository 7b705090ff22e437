import type { QueueOptions } from './options';
import type { DeclareBody, QueueOptionsBody } from './schema';
import type { DeclareCommand } from './service';

/** The named options in the service's terms. */
export function optionsOf(body: QueueOptionsBody): QueueOptions {
  return {
    type: body.type,
    maxPriority: body.max_priority,
    messageTtlMs: body.message_ttl_ms,
    expiresMs: body.expires_ms,
    maxLength: body.max_length,
    maxLengthBytes: body.max_length_bytes,
    overflow: body.overflow,
    deliveryLimit: body.delivery_limit,
    deadLetterExchange: body.dead_letter?.exchange,
    deadLetterRoutingKey: body.dead_letter?.routing_key,
    deadLetterStrategy: body.dead_letter?.strategy,
    singleActiveConsumer: body.single_active_consumer,
    maxAge: body.max_age,
  };
}

export function declareCommand(body: DeclareBody): DeclareCommand {
  return {
    name: body.queue_name,
    durable: body.durable,
    exclusive: body.exclusive,
    autoDelete: body.auto_delete,
    options: optionsOf(body),
    arguments: body.arguments,
  };
}
