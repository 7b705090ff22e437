import type { QueueInfo } from '../messaging';
import type { DeclareBody } from './schema';

export function declaredView(body: DeclareBody, declared: Omit<QueueInfo, 'durable'>): object {
  return {
    queue_name: declared.queueName,
    message_count: declared.messageCount,
    consumer_count: declared.consumerCount,
    // As its info tells: what dies with a connection does not outlive a restart, whatever was asked for.
    durable: body.durable && !body.exclusive,
    exclusive: body.exclusive,
    auto_delete: body.auto_delete,
    ...(body.exclusive
      ? { note: "An exclusive queue belongs to the gateway's connection and is deleted with it." }
      : {}),
  };
}

export function infoView(info: QueueInfo): object {
  return {
    queue_name: info.queueName,
    message_count: info.messageCount,
    consumer_count: info.consumerCount,
    durable: info.durable,
  };
}

export function purgedView(purged: number): object {
  return { purged };
}
