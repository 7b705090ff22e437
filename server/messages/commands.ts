import { GatewayError } from '../errors';
import type { PublishBody } from './schema';
import type { PublishCommand } from './service';

/**
 * A body in the service's terms.
 * @param mayForce whether the caller is an administrator.
 * @throws GatewayError FORBIDDEN.
 */
export function publishCommand(body: PublishBody, mayForce: boolean): PublishCommand {
  if (body.force && !mayForce) {
    throw new GatewayError('FORBIDDEN', 'Only the role admin may publish what a Celery worker cannot read.');
  }
  return {
    queueName: body.queue_name,
    message: body.message,
    encoding: body.encoding,
    exchange: body.exchange,
    routingKey: body.routing_key,
    partitionKey: body.partition_key,
    headers: body.headers ?? {},
    priority: body.priority,
    expirationMs: body.expiration === undefined ? undefined : Number(body.expiration),
    persistent: body.persistent,
    contentType: body.content_type,
    contentEncoding: body.content_encoding,
    correlationId: body.correlation_id,
    replyTo: body.reply_to,
    messageId: body.message_id,
    timestamp: body.timestamp,
    type: body.type,
    appId: body.app_id,
    force: body.force,
  };
}
