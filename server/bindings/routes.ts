import type { Request } from 'express';
import { DECLARES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import {
  type BindingBody,
  bindingListSchema,
  bindingQuerySchema,
  bindingSchema,
  boundSchema,
} from './schema';
import type { Binding, BindingService } from './service';
import { bindingView, managedBindingView } from './view';

const PREFIX = '/rabbitmq/bindings';

const bindingOf = (body: BindingBody): Binding => ({
  source: body.source,
  destination: body.destination,
  destinationType: body.destination_type,
  routingKey: body.routing_key,
  arguments: body.arguments,
});

/** The binding routes, for administrators. */
export function bindingRoutes(
  service: Pick<BindingService, 'bind' | 'unbind' | 'list'>,
): readonly RouteDefinition[] {
  const change = (what: 'bind' | 'unbind') => async (req: Request, res: GatewayResponse) => {
    const binding = bindingOf(validated(bindingSchema, req.body));
    await service[what](binding);
    sendJson(res, 200, bindingView(binding));
  };

  async function list(req: Request, res: GatewayResponse): Promise<void> {
    const { source, destination } = validated(bindingQuerySchema, req.query);
    const items = await service.list({ source, destination });
    sendJson(res, 200, { items: items.map(managedBindingView) });
  }

  const about = {
    tag: 'bindings',
    body: bindingSchema,
    example: { source: 'tickets', destination: 'tickets.urgent', routing_key: 'ticket.*.urgent' },
  };
  return [
    {
      ...READS_QUEUES,
      path: PREFIX,
      api: {
        summary: 'The bindings of the virtual host',
        description: 'Needs RABBITMQ_MANAGEMENT_URL: AMQP cannot list them.',
        operationId: 'listBindings',
        problems: problems('works'),
        tag: 'bindings',
        query: bindingQuerySchema,
        responses: {
          200: { description: 'Those of the default exchange left out.', schema: bindingListSchema },
        },
      },
      handle: list,
    },
    {
      ...DECLARES_QUEUES,
      path: `${PREFIX}/bind`,
      api: {
        ...about,
        summary: 'Bind a queue or an exchange to an exchange',
        operationId: 'bind',
        problems: problems('works'),
        responses: { 200: { description: 'They are bound.', schema: boundSchema } },
      },
      handle: change('bind'),
    },
    {
      ...DECLARES_QUEUES,
      path: `${PREFIX}/unbind`,
      api: {
        ...about,
        summary: 'Remove a binding',
        operationId: 'unbind',
        problems: problems('works'),
        responses: { 200: { description: 'They are not bound so any more.', schema: boundSchema } },
      },
      handle: change('unbind'),
    },
  ];
}
