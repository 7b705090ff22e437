import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { declaredSchema, declareSchema, infoSchema, purgedSchema, queueNameSchema } from './schema';
import type { QueueService } from './service';
import { declaredView, infoView, purgedView } from './view';

const PREFIX = '/rabbitmq/queues';

function queueName(req: Request): string {
  return validated(queueNameSchema, { queue_name: pathParameter(req, 'queue_name') }).queue_name;
}

/** The queue routes, for administrators. */
export function queueRoutes(
  service: Pick<QueueService, 'declare' | 'info' | 'purge'>,
): readonly RouteDefinition[] {
  async function declare(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(declareSchema, req.body);
    const declared = await service.declare({
      name: body.queue_name,
      durable: body.durable,
      exclusive: body.exclusive,
      autoDelete: body.auto_delete,
      arguments: body.arguments,
    });
    sendJson(res, 200, declaredView(body, declared));
  }

  async function info(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, infoView(await service.info(queueName(req))));
  }

  async function purge(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, purgedView(await service.purge(queueName(req))));
  }

  const admin = { bucket: 'admin', body: 'none', startsWork: true } as const;
  return [
    {
      ...admin,
      method: 'post',
      path: `${PREFIX}/declare`,
      scope: 'queues:write',
      body: 'json',
      api: {
        summary: 'Declare a queue, or use the one that exists',
        operationId: 'declareQueue',
        tag: 'queues',
        body: declareSchema,
        example: { queue_name: 'reports' },
        responses: { 200: { description: 'The queue is there.', schema: declaredSchema } },
      },
      handle: declare,
    },
    {
      ...admin,
      method: 'get',
      path: `${PREFIX}/:queue_name/info`,
      scope: 'queues:read',
      startsWork: false,
      api: {
        summary: 'Messages and consumers of a queue',
        operationId: 'getQueueInfo',
        tag: 'queues',
        params: queueNameSchema,
        responses: { 200: { description: 'As the broker tells now.', schema: infoSchema } },
      },
      handle: info,
    },
    {
      ...admin,
      method: 'delete',
      path: `${PREFIX}/:queue_name/purge`,
      scope: 'queues:purge',
      confirm: { parameter: 'queue_name', always: false },
      api: {
        summary: 'Drop all messages that wait in a queue',
        operationId: 'purgeQueue',
        tag: 'queues',
        params: queueNameSchema,
        responses: { 200: { description: 'They are gone.', schema: purgedSchema } },
      },
      handle: purge,
    },
  ];
}
