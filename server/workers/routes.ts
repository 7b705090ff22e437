import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { outcomesSchema, queriedSchema, workerSchema, workersSchema } from './answers';
import { COMMANDS, type CommandName, type WorkerCommand } from './commands';
import type { WorkerOutcome } from './outcomes';
import {
  type CommandBody,
  commandSchemas,
  hostnameSchema,
  queryTasksSchema,
  workersQuery,
  workersQuerySchema,
} from './schema';
import type { WorkerService } from './service';
import { outcomesView, queriedView, workersView, workerView } from './view';

const PREFIX = '/rabbitmq/workers';

type Service = Pick<WorkerService, 'list' | 'detail' | 'queryTasks' | 'ping' | 'command' | 'shutdown'>;

/** The route of one command; all answer alike. */
function commandRoute(service: Service, name: CommandName): RouteDefinition {
  const command: WorkerCommand = COMMANDS[name];
  const schema = commandSchemas[name];

  function send({ workers, ...args }: CommandBody): Promise<readonly WorkerOutcome[]> {
    if (command.method === 'ping') return service.ping(workers);
    if (command.method === 'shutdown') return service.shutdown(workers);
    return service.command(command.method, args, workers);
  }

  async function handle(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(schema, req.body);
    sendJson(res, 200, outcomesView(command.method, await send(body)));
  }

  const looks = command.looks === true;
  return {
    method: 'post',
    path: `${PREFIX}/${command.path}`,
    scope: looks ? 'tasks:read' : 'workers:control',
    bucket: looks ? 'reads' : 'admin',
    body: 'json',
    startsWork: !looks,
    ...(looks ? { audited: false } : {}),
    ...(command.method === 'shutdown' ? { confirm: { parameter: 'shutdown', always: false } } : {}),
    api: {
      summary: command.summary,
      operationId: command.operationId,
      problems: problems('publishes', 'NO_WORKER_REPLIED', 'WORKER_NOT_FOUND'),
      tag: 'workers',
      body: schema,
      example: command.example,
      responses: { 200: { description: 'What each worker made of it.', schema: outcomesSchema } },
    },
    handle,
  };
}

/** The routes that look at workers and command them. */
export function workerRoutes(service: Service): readonly RouteDefinition[] {
  async function list(req: Request, res: GatewayResponse): Promise<void> {
    const { include, online } = workersQuery(validated(workersQuerySchema, req.query));
    sendJson(res, 200, workersView(await service.list(include), online));
  }

  async function queryTasks(req: Request, res: GatewayResponse): Promise<void> {
    const { task_ids: text } = validated(queryTasksSchema, req.query);
    const taskIds = [...new Set(text.split(',').filter((id) => id !== ''))];
    sendJson(res, 200, queriedView(taskIds, await service.queryTasks(taskIds)));
  }

  async function detail(req: Request, res: GatewayResponse): Promise<void> {
    const { hostname } = validated(hostnameSchema, { hostname: pathParameter(req, 'hostname') });
    sendJson(res, 200, workerView(await service.detail(hostname)));
  }

  const read = { method: 'get', bucket: 'reads', body: 'none', startsWork: false } as const;
  return [
    ...(Object.keys(COMMANDS) as CommandName[]).map((name) => commandRoute(service, name)),
    {
      ...read,
      path: PREFIX,
      scope: 'tasks:read',
      api: {
        summary: 'Workers, online or heard of',
        operationId: 'listWorkers',
        problems: problems('publishes'),
        tag: 'workers',
        query: workersQuerySchema,
        responses: { 200: { description: 'By name.', schema: workersSchema } },
      },
      handle: list,
    },
    {
      ...read,
      path: `${PREFIX}/tasks`,
      scope: 'tasks:read',
      api: {
        summary: 'Which workers have these tasks',
        operationId: 'queryWorkerTasks',
        problems: problems('publishes'),
        tag: 'workers',
        query: queryTasksSchema,
        responses: { 200: { description: 'As the workers tell now.', schema: queriedSchema } },
      },
      handle: queryTasks,
    },
    {
      ...read,
      path: `${PREFIX}/:hostname`,
      scope: 'workers:control',
      api: {
        summary: 'All that a worker tells of itself',
        operationId: 'getWorker',
        problems: problems('publishes', 'WORKER_NOT_FOUND', 'NO_WORKER_REPLIED'),
        tag: 'workers',
        params: hostnameSchema,
        responses: { 200: { description: 'As it tells now.', schema: workerSchema } },
      },
      handle: detail,
    },
  ];
}
