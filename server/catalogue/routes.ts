import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { RouteDefinition } from '../http/route';
import { catalogueSchema } from './answers';
import type { CatalogueService } from './service';
import { catalogueView } from './view';

/** What can be submitted. */
export function catalogueRoutes(service: Pick<CatalogueService, 'list'>): readonly RouteDefinition[] {
  return [
    {
      method: 'get',
      path: '/rabbitmq/catalogue',
      scope: 'tasks:read',
      bucket: 'reads',
      body: 'none',
      startsWork: false,
      checksLimits: true,
      api: {
        summary: 'The tasks that can be submitted',
        description:
          'Those that workers online know, and those with a schema in TASK_SCHEMAS_DIR. A key limited to tasks sees its own.',
        operationId: 'listCatalogue',
        problems: problems('publishes'),
        tag: 'tasks',
        responses: { 200: { description: 'By name.', schema: catalogueSchema } },
      },
      handle: async (_req, res) => {
        sendJson(res, 200, catalogueView(await service.list(res.locals.principal)));
      },
    },
  ];
}
