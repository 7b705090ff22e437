import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { batchedSchema, publishedSchema, repliedSchema } from './answers';
import { publishCommand } from './commands';
import { batchSchema, publishSchema, requestSchema } from './schema';
import type { MessageService } from './service';
import { batchView, publishedView, repliedView } from './view';

const PREFIX = '/rabbitmq/messages';

export interface MessageRoutesDeps {
  readonly service: Pick<MessageService, 'publish' | 'publishAll' | 'request'>;
  readonly maxWaitSeconds: number;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

const isAdmin = (res: GatewayResponse): boolean => res.locals.principal?.role === 'admin';

/** Publishing messages as they are, for administrators. */
export function messageRoutes({
  service,
  maxWaitSeconds,
  stopping,
}: MessageRoutesDeps): readonly RouteDefinition[] {
  const withTimeout = requestSchema(maxWaitSeconds);

  async function publish(req: Request, res: GatewayResponse): Promise<void> {
    const command = publishCommand(validated(publishSchema, req.body), isAdmin(res));
    sendJson(res, 200, publishedView(await service.publish(command)));
  }

  async function batch(req: Request, res: GatewayResponse): Promise<void> {
    const { messages } = validated(batchSchema, req.body);
    const commands = messages.map((message) => publishCommand(message, isAdmin(res)));
    const place = { path: req.path, requestId: res.locals.requestId };
    sendJson(res, 200, batchView(await service.publishAll(commands), place));
  }

  async function request(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(withTimeout, req.body);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, stopping]);
    const command = publishCommand(body, isAdmin(res));
    sendJson(res, 200, repliedView(await service.request(command, body.timeout_seconds * 1000, signal)));
  }

  const common = {
    method: 'post',
    scope: 'messages:publish',
    bucket: 'admin',
    body: 'json',
    startsWork: true,
  } as const;
  return [
    {
      ...common,
      path: `${PREFIX}/publish`,
      api: {
        summary: 'Publish a message to a queue or an exchange',
        description:
          'Answered when RabbitMQ has confirmed it and routed it to a queue. What a Celery worker could not read is kept from its queue.',
        operationId: 'publishMessage',
        problems: problems('works'),
        tag: 'messages',
        body: publishSchema,
        example: { queue_name: 'reports', message: { id: 1 } },
        responses: { 200: { description: 'Confirmed by the broker and routed.', schema: publishedSchema } },
      },
      handle: publish,
    },
    {
      ...common,
      path: `${PREFIX}/batch`,
      api: {
        summary: 'Publish up to 1000 messages, each for itself',
        operationId: 'publishMessages',
        problems: problems('works'),
        tag: 'messages',
        body: batchSchema,
        example: { messages: [{ queue_name: 'reports', message: { id: 1 } }] },
        responses: { 200: { description: 'What became of each.', schema: batchedSchema } },
      },
      handle: batch,
    },
    {
      ...common,
      path: `${PREFIX}/request`,
      api: {
        summary: 'Publish a request and wait for its reply',
        description:
          "The request carries `reply_to` (RabbitMQ's direct reply-to) and a `correlation_id`, which the reply has to repeat.",
        operationId: 'requestReply',
        problems: problems('works', 'REPLY_TIMEOUT', 'OPERATIONS_SATURATED'),
        tag: 'messages',
        body: withTimeout,
        example: { queue_name: 'prices', message: { sku: 'a1' }, timeout_seconds: 5 },
        responses: { 200: { description: 'The reply.', schema: repliedSchema } },
      },
      handle: request,
    },
  ];
}
