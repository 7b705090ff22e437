import type { Request } from 'express';
import { ADMIN } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { operationResponses, sendBegun, waitOf, waitQuerySchema } from '../operations';
import { queueNameSchema } from '../queues';
import { messageSchema, peekSchema, removedSchema } from './answers';
import { selectionOf, transferOf } from './commands';
import {
  findQuerySchema,
  messageIdSchema,
  peekQuerySchema,
  purgeSchema,
  takeSchema,
  transferSchema,
} from './schema';
import type { QueueContentsService } from './service';
import { messageView, peekView } from './view';

const PREFIX = '/rabbitmq/queues/:queue_name';
const ONE = `${PREFIX}/messages/:message_id`;
/** How much of each body that was taken is answered: all of it, within the bound of one answer. */
const WHOLE_BODY_BYTES = 8 * 1024 * 1024;

export interface QueueContentsRoutesDeps {
  readonly service: Pick<QueueContentsService, 'peek' | 'take' | 'find' | 'remove' | 'purge' | 'transfer'>;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

const queueOf = (req: Request): string =>
  validated(queueNameSchema, { queue_name: pathParameter(req, 'queue_name') }).queue_name;

const messageOf = (req: Request) =>
  validated(messageIdSchema, {
    queue_name: pathParameter(req, 'queue_name'),
    message_id: pathParameter(req, 'message_id'),
  });

/** What waits in queues: looking, taking, moving. */
export function queueContentsRoutes({
  service,
  stopping,
}: QueueContentsRoutesDeps): readonly RouteDefinition[] {
  async function peek(req: Request, res: GatewayResponse): Promise<void> {
    const queue = queueOf(req);
    const query = validated(peekQuerySchema, req.query);
    sendJson(res, 200, peekView(queue, await service.peek(queue, query.limit, query.payload_bytes), false));
  }

  async function take(req: Request, res: GatewayResponse): Promise<void> {
    const queue = queueOf(req);
    const { count } = validated(takeSchema, req.body);
    sendJson(res, 200, peekView(queue, await service.take(queue, count, WHOLE_BODY_BYTES), true));
  }

  async function find(req: Request, res: GatewayResponse): Promise<void> {
    const { queue_name: queue, message_id: id } = messageOf(req);
    const query = validated(findQuerySchema, req.query);
    sendJson(res, 200, messageView(await service.find(queue, id, query.payload_bytes, stopping)));
  }

  async function remove(req: Request, res: GatewayResponse): Promise<void> {
    const { queue_name: queue, message_id: id } = messageOf(req);
    await service.remove(queue, id, stopping);
    sendJson(res, 200, { removed: 1 });
  }

  async function purge(req: Request, res: GatewayResponse): Promise<void> {
    const wait = waitOf(req);
    const selection = selectionOf(validated(purgeSchema, req.body));
    await sendBegun(res, await service.purge('purge', queueOf(req), selection), wait, stopping);
  }

  const transfer = (mode: 'move' | 'copy') => async (req: Request, res: GatewayResponse) => {
    const wait = waitOf(req);
    const command = transferOf(queueOf(req), mode, validated(transferSchema, req.body));
    await sendBegun(res, await service.transfer(command), wait, stopping);
  };

  const operation = {
    ...ADMIN,
    method: 'post',
    body: 'json',
  } as const;
  const began = {
    tag: 'queues',
    params: queueNameSchema,
    query: waitQuerySchema,
    responses: operationResponses,
  };
  const confirm = { parameter: 'queue_name', always: false } as const;
  return [
    {
      ...ADMIN,
      method: 'get',
      path: `${PREFIX}/messages`,
      scope: 'queues:read',
      api: {
        summary: 'Peek: the first messages of a queue, decoded',
        description:
          'They stay where they are and are marked as redelivered. What a consumer holds cannot be seen. One peek at a time per queue.',
        operationId: 'peekQueue',
        problems: problems('works'),
        tag: 'queues',
        params: queueNameSchema,
        query: peekQuerySchema,
        responses: { 200: { description: 'From the head of the queue.', schema: peekSchema } },
      },
      handle: peek,
    },
    {
      ...operation,
      path: `${PREFIX}/messages/take`,
      scope: 'queues:purge',
      api: {
        summary: 'Take the first messages out of a queue',
        description: 'They are gone when this answers; should the answer be lost, so are they.',
        operationId: 'takeMessages',
        problems: problems('works'),
        tag: 'queues',
        params: queueNameSchema,
        body: takeSchema,
        example: { count: 1 },
        responses: { 200: { description: 'They are out of the queue.', schema: peekSchema } },
      },
      handle: take,
    },
    {
      ...ADMIN,
      method: 'get',
      path: ONE,
      scope: 'queues:read',
      api: {
        summary: 'One waiting message by its task id',
        description: 'Goes through the queue from its head; what is passed over is marked as redelivered.',
        operationId: 'getQueuedMessage',
        problems: problems('works', 'sweeps', 'MESSAGE_NOT_FOUND'),
        tag: 'queues',
        params: messageIdSchema,
        query: findQuerySchema,
        responses: { 200: { description: 'The message, which stays.', schema: messageSchema } },
      },
      handle: find,
    },
    {
      ...ADMIN,
      method: 'delete',
      path: ONE,
      scope: 'queues:purge',
      api: {
        summary: 'Remove one waiting message by its task id',
        operationId: 'removeQueuedMessage',
        problems: problems('works', 'sweeps', 'MESSAGE_NOT_FOUND'),
        tag: 'queues',
        params: messageIdSchema,
        responses: { 200: { description: 'It is gone.', schema: removedSchema } },
      },
      handle: remove,
    },
    {
      ...operation,
      path: `${PREFIX}/purge`,
      scope: 'queues:purge',
      confirm,
      api: {
        ...began,
        summary: 'Drop the first N messages, those of an age, or those a filter chooses',
        description: 'Without a filter and a limit it drops what waits now, and counts it.',
        operationId: 'purgeMessages',
        problems: problems('works', 'sweeps'),
        body: purgeSchema,
        example: { filter: { task: 'reports.*' }, dry_run: true },
      },
      handle: purge,
    },
    {
      ...operation,
      path: `${PREFIX}/move`,
      scope: 'queues:write',
      api: {
        ...began,
        summary: 'Move messages to another queue or through an exchange',
        description:
          'Each leaves its queue only after RabbitMQ has confirmed it at its new place: nothing is lost, and a broken link can leave some in both.',
        operationId: 'moveMessages',
        problems: problems('works', 'sweeps'),
        body: transferSchema,
        example: { to: { queue_name: 'reports.later' }, limit: 100 },
      },
      handle: transfer('move'),
    },
    {
      ...operation,
      path: `${PREFIX}/copy`,
      scope: 'queues:write',
      api: {
        ...began,
        summary: 'Copy messages to another queue or through an exchange',
        operationId: 'copyMessages',
        problems: problems('works', 'sweeps'),
        body: transferSchema,
        example: { to: { queue_name: 'reports.copy' }, limit: 100 },
      },
      handle: transfer('copy'),
    },
  ];
}
