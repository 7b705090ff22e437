import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { deadLettersSchema } from './answers';
import type { DeadLetterChoice, DeadLetters } from './dead-letters';
import { deadLettersQuerySchema } from './schema';

const PATH = '/rabbitmq/webhooks/dead-letters';

function choiceOf(req: Request): DeadLetterChoice {
  const { webhook_id: webhookId, limit } = validated(deadLettersQuerySchema, req.query);
  return { webhookId, limit };
}

/** What is done about deliveries that nobody took. */
export function deadLetterRoutes(
  deadLetters: Pick<DeadLetters, 'replay' | 'drop'>,
): readonly RouteDefinition[] {
  const common = { scope: 'webhooks:manage', bucket: 'admin', body: 'none', startsWork: true } as const;
  const api = {
    tag: 'webhooks',
    query: deadLettersQuerySchema,
    responses: { 200: { description: 'How many.', schema: deadLettersSchema } },
  } as const;
  return [
    {
      ...common,
      method: 'post',
      path: `${PATH}/replay`,
      api: {
        ...api,
        summary: 'Deliver again what nobody took',
        description:
          'Those in celery-gateway.webhooks.dead, oldest first, each under its webhook-id and from its first attempt on.',
        operationId: 'replayWebhookDeadLetters',
        problems: problems('publishes'),
      },
      handle: async (req: Request, res: GatewayResponse): Promise<void> =>
        sendJson(res, 200, await deadLetters.replay(choiceOf(req))),
    },
    {
      ...common,
      method: 'delete',
      path: PATH,
      api: {
        ...api,
        summary: 'Drop what nobody took',
        description: 'Their entries in the delivery log become `dropped`.',
        operationId: 'dropWebhookDeadLetters',
        problems: problems('publishes'),
      },
      handle: async (req: Request, res: GatewayResponse): Promise<void> =>
        sendJson(res, 200, await deadLetters.drop(choiceOf(req))),
    },
  ];
}
