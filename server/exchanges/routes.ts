import type { Request } from 'express';
import { DECLARES_QUEUES, DELETES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { listQuerySchema } from '../queues';
import { declaredExchangeSchema, deletedExchangeSchema, exchangeListSchema, exchangeSchema } from './answers';
import { declareExchangeSchema, deleteExchangeQuerySchema, exchangeNameSchema } from './schema';
import type { ExchangeService } from './service';
import { exchangeListView, exchangeView } from './view';

const PREFIX = '/rabbitmq/exchanges';

const nameOf = (req: Request): string =>
  validated(exchangeNameSchema, { exchange: pathParameter(req, 'exchange') }).exchange;

/** The exchange routes, for administrators. */
export function exchangeRoutes(
  service: Pick<ExchangeService, 'declare' | 'info' | 'list' | 'delete'>,
): readonly RouteDefinition[] {
  async function declare(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(declareExchangeSchema, req.body);
    const alternate =
      body.alternate_exchange === undefined ? {} : { 'alternate-exchange': body.alternate_exchange };
    await service.declare({
      name: body.exchange,
      type: body.type,
      durable: body.durable,
      autoDelete: body.auto_delete,
      internal: body.internal,
      arguments: { ...alternate, ...body.arguments },
    });
    sendJson(res, 200, { exchange: body.exchange, type: body.type });
  }

  async function list(req: Request, res: GatewayResponse): Promise<void> {
    const { page, page_size: pageSize, name } = validated(listQuerySchema, req.query);
    sendJson(res, 200, exchangeListView(await service.list({ page, pageSize, name })));
  }

  async function info(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, exchangeView(await service.info(nameOf(req))));
  }

  async function remove(req: Request, res: GatewayResponse): Promise<void> {
    const { if_unused: ifUnused } = validated(deleteExchangeQuerySchema, req.query);
    sendJson(res, 200, { deleted: await service.delete(nameOf(req), ifUnused) });
  }

  return [
    {
      ...READS_QUEUES,
      path: PREFIX,
      api: {
        summary: 'The exchanges of the virtual host',
        description:
          'Without RABBITMQ_MANAGEMENT_URL only those that every virtual host has, and those declared through this gateway process.',
        operationId: 'listExchanges',
        problems: problems('works'),
        tag: 'exchanges',
        query: listQuerySchema,
        responses: { 200: { description: 'By name.', schema: exchangeListSchema } },
      },
      handle: list,
    },
    {
      ...DECLARES_QUEUES,
      path: `${PREFIX}/declare`,
      api: {
        summary: 'Declare an exchange, or use the one that exists',
        operationId: 'declareExchange',
        problems: problems('works'),
        tag: 'exchanges',
        body: declareExchangeSchema,
        example: { exchange: 'tickets', type: 'topic' },
        responses: { 200: { description: 'The exchange is there.', schema: declaredExchangeSchema } },
      },
      handle: declare,
    },
    {
      ...READS_QUEUES,
      path: `${PREFIX}/:exchange`,
      api: {
        summary: 'An exchange: type, settings, rates',
        operationId: 'getExchange',
        problems: problems('works'),
        tag: 'exchanges',
        params: exchangeNameSchema,
        responses: { 200: { description: 'As the broker tells now.', schema: exchangeSchema } },
      },
      handle: info,
    },
    {
      ...DELETES_QUEUES,
      path: `${PREFIX}/:exchange`,
      confirm: { parameter: 'exchange', always: false },
      api: {
        summary: 'Delete an exchange with its bindings',
        operationId: 'deleteExchange',
        problems: problems('works'),
        tag: 'exchanges',
        params: exchangeNameSchema,
        query: deleteExchangeQuerySchema,
        responses: {
          200: { description: 'There is no such exchange any more.', schema: deletedExchangeSchema },
        },
      },
      handle: remove,
    },
  ];
}
