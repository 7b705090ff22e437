import type { Request } from 'express';
import { ADMIN, DECLARES_QUEUES, DELETES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { IF_NONE_MATCH, sendTaggedJson } from '../http/etag';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import {
  declaredSchema,
  deletedSchema,
  infoSchema,
  listSchema,
  partitionedAnswerSchema,
  purgedSchema,
} from './answers';
import { declareCommand, optionsOf } from './commands';
import type { PartitionService } from './partition-service';
import {
  declareSchema,
  deleteQuerySchema,
  listQuerySchema,
  partitionedSchema,
  queueNameSchema,
} from './schema';
import { declarationOf, type QueueService } from './service';
import { declaredView, deletedView, infoView, listView, partitionedView, purgedView } from './view';

const PREFIX = '/rabbitmq/queues';

export interface QueueRoutesDeps {
  readonly service: Pick<QueueService, 'declare' | 'info' | 'purge' | 'list' | 'delete'>;
  readonly partitions: Pick<PartitionService, 'declare'>;
}

function queueName(req: Request): string {
  return validated(queueNameSchema, { queue_name: pathParameter(req, 'queue_name') }).queue_name;
}

/** The queue routes, for administrators. */
export function queueRoutes({ service, partitions }: QueueRoutesDeps): readonly RouteDefinition[] {
  async function declare(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(declareSchema, req.body);
    sendJson(res, 200, declaredView(body, await service.declare(declareCommand(body))));
  }

  async function declarePartitioned(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(partitionedSchema, req.body);
    const declaration = declarationOf({
      name: body.queue_name,
      durable: true,
      exclusive: false,
      autoDelete: false,
      options: optionsOf(body),
      arguments: undefined,
    });
    sendJson(res, 200, partitionedView(await partitions.declare(declaration, body.partitions)));
  }

  async function list(req: Request, res: GatewayResponse): Promise<void> {
    const { page, page_size: pageSize, name } = validated(listQuerySchema, req.query);
    sendJson(res, 200, listView(await service.list({ page, pageSize, name })));
  }

  async function info(req: Request, res: GatewayResponse): Promise<void> {
    sendTaggedJson(req, res, infoView(await service.info(queueName(req))));
  }

  async function purge(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, purgedView(await service.purge(queueName(req))));
  }

  async function remove(req: Request, res: GatewayResponse): Promise<void> {
    const query = validated(deleteQuerySchema, req.query);
    const conditions = { ifEmpty: query.if_empty, ifUnused: query.if_unused };
    sendJson(res, 200, deletedView(await service.delete(queueName(req), conditions)));
  }

  const confirm = { parameter: 'queue_name', always: false } as const;
  return [
    {
      ...READS_QUEUES,
      path: PREFIX,
      api: {
        summary: 'The queues of the virtual host',
        description:
          'Without RABBITMQ_MANAGEMENT_URL only those the gateway knows of, from tasks or because they were declared through this process: AMQP has no listing. `source` tells which.',
        operationId: 'listQueues',
        problems: problems('works'),
        tag: 'queues',
        query: listQuerySchema,
        responses: { 200: { description: 'By name.', schema: listSchema } },
      },
      handle: list,
    },
    {
      ...DECLARES_QUEUES,
      path: `${PREFIX}/declare`,
      api: {
        summary: 'Declare a queue, or use the one that exists',
        operationId: 'declareQueue',
        problems: problems('works'),
        tag: 'queues',
        body: declareSchema,
        example: { queue_name: 'reports' },
        responses: { 200: { description: 'The queue is there.', schema: declaredSchema } },
      },
      handle: declare,
    },
    {
      ...DECLARES_QUEUES,
      path: `${PREFIX}/partitioned`,
      api: {
        summary: 'Declare a queue in n parts, with an exchange that spreads over them by key',
        description: 'The parts are `name.0` to `name.n-1`; equal keys go to the same part, in order.',
        operationId: 'declarePartitionedQueue',
        problems: problems('works'),
        tag: 'queues',
        body: partitionedSchema,
        example: { queue_name: 'orders', partitions: 4 },
        responses: { 200: { description: 'All parts are there.', schema: partitionedAnswerSchema } },
      },
      handle: declarePartitioned,
    },
    {
      ...READS_QUEUES,
      path: `${PREFIX}/:queue_name/info`,
      api: {
        summary: 'A queue: messages, consumers, settings, rates',
        operationId: 'getQueueInfo',
        problems: problems('works'),
        tag: 'queues',
        params: queueNameSchema,
        headers: IF_NONE_MATCH,
        responses: {
          200: {
            description: 'As the broker tells now.',
            schema: infoSchema,
            headers: { ETag: 'For If-None-Match.' },
          },
          304: { description: 'Nothing has changed since the ETag.' },
        },
      },
      handle: info,
    },
    {
      ...ADMIN,
      method: 'delete',
      path: `${PREFIX}/:queue_name/purge`,
      scope: 'queues:purge',
      confirm,
      api: {
        summary: 'Drop all messages that wait in a queue',
        operationId: 'purgeQueue',
        problems: problems('works'),
        tag: 'queues',
        params: queueNameSchema,
        responses: { 200: { description: 'They are gone.', schema: purgedSchema } },
      },
      handle: purge,
    },
    {
      ...DELETES_QUEUES,
      path: `${PREFIX}/:queue_name`,
      confirm,
      api: {
        summary: 'Delete a queue with the messages in it',
        description:
          'RabbitMQ checks `if_empty` and `if_unused` of classic queues in one step with the delete. Of quorum queues the gateway looks just before it deletes: what comes in between goes along (`message_count` counts it). Of streams both are 422: RabbitMQ checks neither, and its counts of a stream are seconds old.',
        operationId: 'deleteQueue',
        problems: problems('works'),
        tag: 'queues',
        params: queueNameSchema,
        query: deleteQuerySchema,
        responses: { 200: { description: 'There is no such queue any more.', schema: deletedSchema } },
      },
      handle: remove,
    },
  ];
}
