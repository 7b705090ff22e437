import type { Request } from 'express';
import { ADMIN } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { operationResponses, sendBegun, waitOf, waitQuerySchema } from '../operations';
import { findQuerySchema, messageIdSchema, messageSchema, messageView, selectionOf } from '../queue-contents';
import { queueNameSchema } from '../queues';
import { countsSchema, importedSchema, letterListSchema, setupAnswerSchema } from './answers';
import { queryFilter, replayCommand, setupCommand } from './commands';
import { NDJSON, receiveImport, sendExport } from './ndjson';
import {
  discardSchema,
  exportQuerySchema,
  lineSchema,
  listQuerySchema,
  replaySchema,
  setupSchema,
} from './schema';
import type { DeadLetterService } from './service';
import type { SetupService } from './setup-service';
import { countsView, letterListView, setupView } from './view';

const PREFIX = '/rabbitmq/dead-letters';
const QUEUE = `${PREFIX}/:queue_name`;

export interface DeadLetterRoutesDeps {
  readonly service: Pick<
    DeadLetterService,
    'counts' | 'list' | 'find' | 'replay' | 'discard' | 'export' | 'import' | 'checkImport'
  >;
  readonly setup: Pick<SetupService, 'setUp'>;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

const queueOf = (req: Request): string =>
  validated(queueNameSchema, { queue_name: pathParameter(req, 'queue_name') }).queue_name;

/** Dead letters as a resource, for administrators. */
export function deadLetterRoutes(deps: DeadLetterRoutesDeps): readonly RouteDefinition[] {
  const { service, setup, stopping } = deps;

  async function list(req: Request, res: GatewayResponse): Promise<void> {
    const queue = queueOf(req);
    const query = validated(listQuerySchema, req.query);
    const { offset, limit, payload_bytes: maxPayloadBytes } = query;
    const command = { queue, filter: queryFilter(query), offset, limit, maxPayloadBytes };
    sendJson(res, 200, letterListView(queue, await service.list(command, stopping)));
  }

  async function find(req: Request, res: GatewayResponse): Promise<void> {
    const { queue_name: queue, message_id: id } = validated(messageIdSchema, {
      queue_name: pathParameter(req, 'queue_name'),
      message_id: pathParameter(req, 'message_id'),
    });
    const { payload_bytes: bytes } = validated(findQuerySchema, req.query);
    sendJson(res, 200, messageView(await service.find(queue, id, bytes, stopping)));
  }

  async function replay(req: Request, res: GatewayResponse): Promise<void> {
    const wait = waitOf(req);
    const command = replayCommand(queueOf(req), validated(replaySchema, req.body));
    await sendBegun(res, await service.replay(command), wait, stopping);
  }

  async function discard(req: Request, res: GatewayResponse): Promise<void> {
    const wait = waitOf(req);
    const selection = selectionOf(validated(discardSchema, req.body));
    await sendBegun(res, await service.discard(queueOf(req), selection), wait, stopping);
  }

  async function exported(req: Request, res: GatewayResponse): Promise<void> {
    const queue = queueOf(req);
    const filter = queryFilter(validated(exportQuerySchema, req.query));
    await sendExport(res, (write) => service.export(queue, filter, write), stopping);
  }

  async function imported(req: Request, res: GatewayResponse): Promise<void> {
    const queue = queueOf(req);
    await service.checkImport(queue);
    sendJson(res, 200, await receiveImport(req, service, queue));
  }

  const read = { ...ADMIN, method: 'get', scope: 'queues:read' } as const;
  const begin = { ...ADMIN, method: 'post', scope: 'dlq:replay', body: 'json' } as const;
  const began = {
    tag: 'dead-letters',
    params: queueNameSchema,
    query: waitQuerySchema,
    responses: operationResponses,
  };
  return [
    {
      ...read,
      path: PREFIX,
      startsWork: false,
      api: {
        summary: 'The dead-letter queues and what waits in them',
        description:
          'DEAD_LETTER_QUEUES, those set up here, `<queue>.dead` of each known queue, and with the management API all bound to the exchange dead-letters.',
        operationId: 'listDeadLetterQueues',
        problems: problems('works'),
        tag: 'dead-letters',
        responses: { 200: { description: 'By name.', schema: countsSchema } },
      },
      handle: async (_req, res) => sendJson(res, 200, countsView(await service.counts())),
    },
    {
      ...ADMIN,
      method: 'post',
      path: `${PREFIX}/setup`,
      scope: 'queues:write',
      body: 'json',
      api: {
        summary: 'Give a queue its dead-letter exchange, queue, retries and limit of deliveries',
        description:
          'Doing it again changes the retries. A rejected message waits in RabbitMQ for its next one; what expired, was too many or could not be read is dead at once.',
        operationId: 'setUpDeadLetters',
        problems: problems('works'),
        tag: 'dead-letters',
        body: setupSchema,
        example: { queue_name: 'reports', retry_delays_seconds: [5, 60], keep_seconds: 604_800 },
        responses: { 200: { description: 'They are there.', schema: setupAnswerSchema } },
      },
      handle: async (req, res) => {
        const command = setupCommand(validated(setupSchema, req.body));
        sendJson(res, 200, setupView(await setup.setUp(command)));
      },
    },
    {
      ...read,
      path: QUEUE,
      api: {
        summary: 'Dead letters of a queue, decoded, with why and where they died',
        operationId: 'listDeadLetters',
        problems: problems('works', 'sweeps'),
        tag: 'dead-letters',
        params: queueNameSchema,
        query: listQuerySchema,
        responses: { 200: { description: 'From the head of the queue.', schema: letterListSchema } },
      },
      handle: list,
    },
    {
      ...read,
      path: `${QUEUE}/export`,
      api: {
        summary: 'All dead letters of a queue as NDJSON',
        description: 'They stay in the queue. An export that was cut off has no proper end.',
        operationId: 'exportDeadLetters',
        problems: problems('works', 'sweeps'),
        tag: 'dead-letters',
        params: queueNameSchema,
        query: exportQuerySchema,
        responses: { 200: { description: 'One letter a line.', contentType: NDJSON, schema: lineSchema } },
      },
      handle: exported,
    },
    {
      ...begin,
      path: `${QUEUE}/import`,
      body: 'stream',
      api: {
        summary: 'Put exported dead letters into a queue',
        description: 'Each line for itself. Not into a queue of Celery workers: replay from there.',
        operationId: 'importDeadLetters',
        problems: problems(
          'works',
          'BODY_MALFORMED',
          'BODY_TOO_LARGE',
          'UNSUPPORTED_MEDIA_TYPE',
          'SHUTTING_DOWN',
        ),
        tag: 'dead-letters',
        params: queueNameSchema,
        bodyType: NDJSON,
        body: lineSchema,
        responses: { 200: { description: 'What became of the lines.', schema: importedSchema } },
      },
      handle: imported,
    },
    {
      ...read,
      path: `${QUEUE}/:message_id`,
      api: {
        summary: 'One dead letter by its task id or message id',
        operationId: 'getDeadLetter',
        problems: problems('works', 'sweeps', 'MESSAGE_NOT_FOUND'),
        tag: 'dead-letters',
        params: messageIdSchema,
        query: findQuerySchema,
        responses: { 200: { description: 'The letter, which stays.', schema: messageSchema } },
      },
      handle: find,
    },
    {
      ...begin,
      path: `${QUEUE}/replay`,
      api: {
        ...began,
        summary: 'Send dead letters out again: one, some, or all',
        description:
          'To the queue each died in, or to `to`. A letter leaves only after RabbitMQ has confirmed it at its place. `x-replay-count` counts, and guards against loops.',
        operationId: 'replayDeadLetters',
        problems: problems('works', 'sweeps'),
        body: replaySchema,
        example: { filter: { task: 'reports.*' }, limit: 100, dry_run: true },
      },
      handle: replay,
    },
    {
      ...begin,
      path: `${QUEUE}/discard`,
      confirm: { parameter: 'queue_name', always: false },
      api: {
        ...began,
        summary: 'Drop dead letters',
        operationId: 'discardDeadLetters',
        problems: problems('works', 'sweeps'),
        body: discardSchema,
        example: { filter: { older_than_seconds: 604_800 } },
      },
      handle: discard,
    },
  ];
}
