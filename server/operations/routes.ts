import { sendJson } from '../http/json-response';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { OPERATIONS_PATH } from './begun';
import { operationIdSchema, operationListSchema, operationSchema } from './schema';
import type { OperationService } from './service';
import { operationView } from './view';

const ONE = `${OPERATIONS_PATH}/:operation_id`;

/** What became of long operations on queues. */
export function operationRoutes(
  service: Pick<OperationService, 'get' | 'list' | 'cancel'>,
): readonly RouteDefinition[] {
  const idOf = (req: Parameters<RouteDefinition['handle']>[0]): string =>
    validated(operationIdSchema, { operation_id: pathParameter(req, 'operation_id') }).operation_id;
  const read = { scope: 'queues:read', bucket: 'reads', body: 'none', startsWork: false } as const;
  return [
    {
      ...read,
      method: 'get',
      path: OPERATIONS_PATH,
      api: {
        summary: 'Operations on queues, the newest first',
        description:
          'Those of this gateway process: running, or ended less than OPERATIONS_KEEP_SECONDS ago.',
        operationId: 'listOperations',
        tag: 'operations',
        responses: { 200: { description: 'All that are remembered.', schema: operationListSchema } },
      },
      handle: (_req, res) => {
        sendJson(res, 200, { items: service.list().map((operation) => operationView(operation.snapshot())) });
      },
    },
    {
      ...read,
      method: 'get',
      path: ONE,
      api: {
        summary: 'How an operation stands',
        operationId: 'getOperation',
        tag: 'operations',
        params: operationIdSchema,
        responses: { 200: { description: 'As it is now.', schema: operationSchema } },
      },
      handle: (req, res) => {
        const operation = service.get(idOf(req));
        if (operation.running) res.setHeader('Retry-After', '1');
        sendJson(res, 200, operationView(operation.snapshot()));
      },
    },
    {
      ...read,
      method: 'delete',
      path: ONE,
      scope: 'queues:write',
      bucket: 'admin',
      api: {
        summary: 'Cancel an operation',
        description:
          'What is under way is finished; what it holds goes back to the queue. An ended operation stays as it is.',
        operationId: 'cancelOperation',
        tag: 'operations',
        params: operationIdSchema,
        responses: { 202: { description: 'It stops: ask for its state.', schema: operationSchema } },
      },
      handle: (req, res) => {
        const operation = service.cancel(idOf(req));
        sendJson(res, 202, operationView(operation.snapshot()));
      },
    },
  ];
}
