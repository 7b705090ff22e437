import { sendJson } from '../http/json-response';
import type { RouteDefinition } from '../http/route';
import { brokersSchema } from './answers';
import type { BrokersService } from './service';
import { brokersView } from './view';

/** Which brokers there are. */
export function brokerRoutes(service: Pick<BrokersService, 'list'>): readonly RouteDefinition[] {
  return [
    {
      method: 'get',
      path: '/rabbitmq/brokers',
      scope: 'tasks:read',
      bucket: 'reads',
      body: 'none',
      startsWork: false,
      checksLimits: true,
      api: {
        summary: 'The brokers that this gateway serves',
        description:
          'The default one, and those of GATEWAY_BROKERS_FILE that the key may use. The routes of a further one are those below `/rabbitmq`, after its path.',
        operationId: 'listBrokers',
        problems: [],
        tag: 'brokers',
        responses: { 200: { description: 'The default one first.', schema: brokersSchema } },
      },
      handle: async (_req, res) => {
        sendJson(res, 200, brokersView(await service.list(res.locals.principal)));
      },
    },
  ];
}
