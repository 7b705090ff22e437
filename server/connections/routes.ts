import { DELETES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import {
  closedConnectionSchema,
  closeQuerySchema,
  connectionListSchema,
  connectionNameSchema,
} from './schema';
import type { ConnectionService } from './service';
import { connectionView } from './view';

const PREFIX = '/rabbitmq/connections';

/** The connection routes, for administrators; they need the management API. */
export function connectionRoutes(
  service: Pick<ConnectionService, 'list' | 'close'>,
): readonly RouteDefinition[] {
  return [
    {
      ...READS_QUEUES,
      path: PREFIX,
      api: {
        summary: 'Who is connected to the virtual host',
        description: 'Of the statistics of RabbitMQ, which are some seconds old.',
        operationId: 'listConnections',
        problems: problems('works'),
        tag: 'connections',
        responses: { 200: { description: 'All of them.', schema: connectionListSchema } },
      },
      handle: async (_req, res) => {
        sendJson(res, 200, { items: (await service.list()).map(connectionView) });
      },
    },
    {
      ...DELETES_QUEUES,
      path: `${PREFIX}/:connection`,
      confirm: { parameter: 'connection', always: false },
      api: {
        summary: 'Close the connection of a client',
        description:
          'What it held goes back to its queues. Most clients connect again, those of a gateway as well.',
        operationId: 'closeConnection',
        problems: problems('works', 'CONNECTION_NOT_FOUND'),
        tag: 'connections',
        params: connectionNameSchema,
        query: closeQuerySchema,
        responses: { 200: { description: 'It is closed.', schema: closedConnectionSchema } },
      },
      handle: async (req, res) => {
        const { connection } = validated(connectionNameSchema, {
          connection: pathParameter(req, 'connection'),
        });
        const { reason } = validated(closeQuerySchema, req.query);
        await service.close(connection, reason);
        sendJson(res, 200, { closed: true });
      },
    },
  ];
}
