import type { QueueTopology } from '../../celery/protocol';

/** A queue as kombu's `Queue.as_dict(recurse=True)` shows it; Flower needs every key. */
export const queueInfo = ({ exchange, queue, binding }: QueueTopology): object => ({
  name: queue.name,
  exchange: {
    name: exchange.name,
    type: exchange.type,
    arguments: null,
    durable: exchange.durable ?? true,
    passive: false,
    auto_delete: exchange.autoDelete ?? false,
    delivery_mode: null,
    no_declare: false,
  },
  routing_key: binding.routingKey,
  queue_arguments: queue.arguments ?? null,
  binding_arguments: null,
  consumer_arguments: null,
  durable: queue.durable ?? true,
  exclusive: queue.exclusive ?? false,
  auto_delete: queue.autoDelete ?? false,
  no_ack: false,
  alias: null,
  bindings: [],
  no_declare: null,
  expires: null,
  message_ttl: null,
  max_length: null,
  max_length_bytes: null,
  max_priority: null,
});
