import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { type PublishBody, publishedSchema, publishSchema } from './schema';
import type { MessageService, PublishCommand } from './service';
import { publishedView } from './view';

function command(body: PublishBody): PublishCommand {
  return {
    queueName: body.queue_name,
    message: body.message,
    exchange: body.exchange,
    routingKey: body.routing_key,
    headers: body.headers ?? {},
    priority: body.priority,
    expirationMs: body.expiration === undefined ? undefined : Number(body.expiration),
    persistent: body.persistent,
  };
}

/** The message routes, for administrators. */
export function messageRoutes(service: Pick<MessageService, 'publish'>): readonly RouteDefinition[] {
  async function publish(req: Request, res: GatewayResponse): Promise<void> {
    const messageId = await service.publish(command(validated(publishSchema, req.body)));
    sendJson(res, 200, publishedView(messageId));
  }
  return [
    {
      method: 'post',
      path: '/rabbitmq/messages/publish',
      scope: 'messages:publish',
      bucket: 'admin',
      body: 'json',
      startsWork: true,
      api: {
        summary: 'Publish a message to a queue or an exchange',
        operationId: 'publishMessage',
        tag: 'messages',
        body: publishSchema,
        example: { queue_name: 'reports', message: { id: 1 } },
        responses: { 200: { description: 'Confirmed by the broker and routed.', schema: publishedSchema } },
      },
      handle: publish,
    },
  ];
}
