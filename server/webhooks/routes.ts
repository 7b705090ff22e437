import type { Request } from 'express';
import { IF_NONE_MATCH, sendTaggedJson } from '../http/etag';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import {
  callbackSecretSchema,
  deliveriesSchema,
  deliverySchema,
  endpointSchema,
  endpointsSchema,
  revealedSchema,
} from './answers';
import {
  deliveriesQuerySchema,
  deliveryIdSchema,
  type WebhookBody,
  webhookChangeSchema,
  webhookIdSchema,
  webhookSchema,
} from './schema';
import type { EndpointSettings, WebhookService } from './service';
import { deliveryView, endpointView, revealedView } from './view';

const PREFIX = '/rabbitmq/webhooks';
const ONE = `${PREFIX}/:webhook_id`;

function settingsOf({ task_names: taskNames, ...rest }: Partial<WebhookBody>): Partial<EndpointSettings> {
  return taskNames === undefined ? rest : { ...rest, taskNames };
}

function webhookId(req: Request): string {
  return validated(webhookIdSchema, { webhook_id: pathParameter(req, 'webhook_id') }).webhook_id;
}

function tagged(description: string, schema: typeof endpointSchema): RouteDefinition['api']['responses'] {
  return {
    200: { description, schema, headers: { ETag: 'For If-None-Match.' } },
    304: { description: 'Nothing has changed since the ETag.' },
  };
}

/** The webhook routes, for administrators; but for a key's own secret. */
export function webhookRoutes(
  service: Pick<
    WebhookService,
    | 'list'
    | 'get'
    | 'create'
    | 'update'
    | 'rotateSecret'
    | 'remove'
    | 'deliveries'
    | 'ping'
    | 'replay'
    | 'callbackSecret'
  >,
): readonly RouteDefinition[] {
  async function create(req: Request, res: GatewayResponse): Promise<void> {
    const settings = settingsOf(validated(webhookSchema, req.body)) as EndpointSettings;
    const created = await service.create(settings);
    res.setHeader('Location', `${PREFIX}/${created.id}`);
    sendJson(res, 201, revealedView(created));
  }

  async function update(req: Request, res: GatewayResponse): Promise<void> {
    const id = webhookId(req);
    sendJson(
      res,
      200,
      endpointView(await service.update(id, settingsOf(validated(webhookChangeSchema, req.body)))),
    );
  }

  async function remove(req: Request, res: GatewayResponse): Promise<void> {
    await service.remove(webhookId(req));
    res.status(204).end();
  }

  async function rotate(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, revealedView(await service.rotateSecret(webhookId(req))));
  }

  async function ping(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 202, deliveryView(await service.ping(webhookId(req))));
  }

  async function deliveries(req: Request, res: GatewayResponse): Promise<void> {
    const query = validated(deliveriesQuerySchema, req.query);
    const { status, task_id: taskId, workflow_id: workflowId, limit } = query;
    const found = await service.deliveries(webhookId(req), { status, taskId, workflowId, limit });
    sendTaggedJson(req, res, { deliveries: found.map(deliveryView) });
  }

  async function replay(req: Request, res: GatewayResponse): Promise<void> {
    const ids = validated(deliveryIdSchema, {
      webhook_id: pathParameter(req, 'webhook_id'),
      delivery_id: pathParameter(req, 'delivery_id'),
    });
    sendJson(res, 202, deliveryView(await service.replay(ids.webhook_id, ids.delivery_id)));
  }

  async function callbackSecret(_req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, { secret: await service.callbackSecret(res.locals.principal?.id ?? '') });
  }

  const reads = { scope: 'webhooks:manage', bucket: 'reads', body: 'none', startsWork: false } as const;
  const changes = { scope: 'webhooks:manage', bucket: 'admin', body: 'none', startsWork: true } as const;
  const one = { tag: 'webhooks', params: webhookIdSchema } as const;
  return [
    {
      ...reads,
      method: 'get',
      path: `${PREFIX}/callbacks/secret`,
      scope: 'tasks:submit',
      checksLimits: true,
      // It is what the caller came for.
      masked: false,
      api: {
        summary: "What this key's callbacks are signed with",
        description: 'For the receivers of the callback_url of submissions; each key has its own.',
        operationId: 'getCallbackSecret',
        problems: problems('MESSAGING_DISABLED', 'CALLBACKS_DISABLED'),
        tag: 'webhooks',
        responses: {
          200: { description: 'For a library of Standard Webhooks.', schema: callbackSecretSchema },
        },
      },
      handle: callbackSecret,
    },
    {
      ...reads,
      method: 'get',
      path: PREFIX,
      api: {
        summary: 'All webhooks',
        operationId: 'listWebhooks',
        problems: problems('reads'),
        tag: 'webhooks',
        headers: IF_NONE_MATCH,
        responses: tagged('Without their secrets.', endpointsSchema),
      },
      handle: async (req, res) =>
        sendTaggedJson(req, res, { webhooks: (await service.list()).map(endpointView) }),
    },
    {
      ...changes,
      method: 'post',
      path: PREFIX,
      body: 'json',
      api: {
        summary: 'Have tasks told to a URL',
        description:
          'By Standard Webhooks: signed, at least once, with growing pauses between attempts. The URL must be public, or listed in WEBHOOKS_ALLOWED.',
        operationId: 'createWebhook',
        problems: problems('remembers', 'WEBHOOKS_FULL'),
        tag: 'webhooks',
        body: webhookSchema,
        example: {
          url: 'https://example.com/hooks',
          states: ['SUCCESS', 'FAILURE'],
          task_names: ['reports.*'],
        },
        responses: {
          201: {
            description: 'With its secret, this once.',
            schema: revealedSchema,
            headers: { Location: 'The webhook.' },
          },
        },
      },
      handle: create,
    },
    {
      ...reads,
      method: 'get',
      path: ONE,
      api: {
        ...one,
        summary: 'One webhook',
        operationId: 'getWebhook',
        problems: problems('reads', 'WEBHOOK_NOT_FOUND'),
        headers: IF_NONE_MATCH,
        responses: tagged('Without its secrets.', endpointSchema),
      },
      handle: async (req, res) => sendTaggedJson(req, res, endpointView(await service.get(webhookId(req)))),
    },
    {
      ...changes,
      method: 'patch',
      path: ONE,
      body: 'json',
      api: {
        ...one,
        summary: 'Change a webhook, or switch it on again',
        operationId: 'updateWebhook',
        problems: problems('remembers', 'WEBHOOK_NOT_FOUND'),
        body: webhookChangeSchema,
        example: { enabled: true },
        responses: { 200: { description: 'As it is now.', schema: endpointSchema } },
      },
      handle: update,
    },
    {
      ...changes,
      method: 'delete',
      path: ONE,
      api: {
        ...one,
        summary: 'Delete a webhook',
        operationId: 'deleteWebhook',
        problems: problems('remembers', 'WEBHOOK_NOT_FOUND'),
        responses: { 204: { description: 'What was still to be delivered is dropped.' } },
      },
      handle: remove,
    },
    {
      ...changes,
      method: 'post',
      path: `${ONE}/rotate-secret`,
      api: {
        ...one,
        summary: 'Give a webhook a new secret',
        description: 'The old one signs as well for WEBHOOKS_SECRET_OVERLAP_SECONDS.',
        operationId: 'rotateWebhookSecret',
        problems: problems('remembers', 'WEBHOOK_NOT_FOUND'),
        responses: { 200: { description: 'With the new secret, this once.', schema: revealedSchema } },
      },
      handle: rotate,
    },
    {
      ...changes,
      method: 'post',
      path: `${ONE}/ping`,
      api: {
        ...one,
        summary: 'Send a webhook an event to try it with',
        operationId: 'pingWebhook',
        problems: problems('publishes', 'WEBHOOK_NOT_FOUND'),
        responses: { 202: { description: 'It is on its way.', schema: deliverySchema } },
      },
      handle: ping,
    },
    {
      ...reads,
      method: 'get',
      path: `${ONE}/deliveries`,
      api: {
        ...one,
        summary: 'What became of what a webhook was told',
        operationId: 'listWebhookDeliveries',
        problems: problems('reads', 'WEBHOOK_NOT_FOUND'),
        query: deliveriesQuerySchema,
        description: 'In place of an id `callbacks` means what submissions asked for with `callback_url`.',
        headers: IF_NONE_MATCH,
        responses: tagged('Latest news first.', deliveriesSchema),
      },
      handle: deliveries,
    },
    {
      ...changes,
      method: 'post',
      path: `${ONE}/deliveries/:delivery_id/replay`,
      api: {
        summary: 'Deliver again',
        description: 'Under the same webhook-id, from the first attempt on.',
        operationId: 'replayWebhookDelivery',
        problems: problems('publishes', 'WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND'),
        tag: 'webhooks',
        params: deliveryIdSchema,
        responses: { 202: { description: 'It is on its way.', schema: deliverySchema } },
      },
      handle: replay,
    },
  ];
}
