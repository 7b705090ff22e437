import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import { pathParameter, type RouteDefinition } from '../http/route';
import { EventStream } from '../http/sse';
import { validated } from '../http/validation';
import { OPERATIONS_PATH } from './begun';
import type { Operation } from './operation';
import { operationIdSchema, operationListSchema, operationSchema } from './schema';
import type { OperationService } from './service';
import { operationView } from './view';

const ONE = `${OPERATIONS_PATH}/:operation_id`;

export interface OperationRoutesDeps {
  readonly service: Pick<OperationService, 'get' | 'list' | 'cancel'>;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

/** Between two events of one operation, in milliseconds: it may change thousands of times a second. */
const EVENT_INTERVAL_MS = 250;

/** Tells each change until the operation has ended. */
function follow(operation: Operation, events: EventStream): void {
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    const data = operationView(operation.snapshot());
    if (operation.running) events.send({ event: 'progress', data });
    else events.end({ event: 'end', data });
  };
  const unsubscribe = operation.subscribe(() => {
    if (!operation.running) clearTimeout(timer);
    if (!operation.running) tell();
    else timer ??= setTimeout(tell, EVENT_INTERVAL_MS);
  });
  events.over.addEventListener('abort', () => {
    clearTimeout(timer);
    unsubscribe();
  });
  tell();
}

/** What became of long operations on queues. */
export function operationRoutes({ service, stopping }: OperationRoutesDeps): readonly RouteDefinition[] {
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
        problems: [],
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
        description:
          'Only the gateway that runs it knows it; its name stands behind the `@` of the id. Another one answers 404 and says so.',
        operationId: 'getOperation',
        problems: problems('OPERATION_NOT_FOUND', 'OPERATION_CONFLICT'),
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
      method: 'get',
      path: `${ONE}/events`,
      api: {
        summary: 'Follow an operation (server-sent events)',
        description:
          'Events: `progress` at most four times a second, `end` once, `shutdown` when the gateway stops.',
        operationId: 'followOperation',
        problems: problems('OPERATION_NOT_FOUND', 'TOO_MANY_STREAMS'),
        tag: 'operations',
        params: operationIdSchema,
        responses: {
          200: { description: 'Until its end.', contentType: 'text/event-stream', schema: operationSchema },
        },
      },
      handle: (req, res) => follow(service.get(idOf(req)), new EventStream(res, { stopping })),
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
        problems: problems('OPERATION_NOT_FOUND', 'OPERATION_CONFLICT'),
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
