import type { Request } from 'express';
import type { Facet, TaskRecord } from '../../celery';
import { IF_NONE_MATCH, sendTaggedJson } from '../http/etag';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import type { Principal } from '../security/principal';
import { taskIdSchema } from '../tasks';
import { listSchema } from './answers';
import { decodeCursor, encodeCursor } from './cursor';
import type { ResultForgetting } from './result-forgetting';
import { type ListQuery, listQuerySchema, SORTS } from './schema';
import { taskFilterOf } from './schema-filter';
import type { TaskList } from './task-list';
import { facetsView, taskRow } from './view';

export interface MonitorRoutesDeps {
  readonly list: Pick<TaskList, 'list'>;
  readonly forgetting: Pick<ResultForgetting, 'forget'>;
  /** What a key may see; undefined for one that may see everything. */
  readonly visibleTo: (principal: Principal | undefined) => ((task: TaskRecord) => boolean) | undefined;
}

const PATH = '/rabbitmq/tasks';

function sortOf(sort: string): {
  readonly field: (typeof SORTS)[keyof typeof SORTS];
  readonly descending: boolean;
} {
  const descending = sort.startsWith('-');
  return { field: SORTS[(descending ? sort.slice(1) : sort) as keyof typeof SORTS], descending };
}

/** The same list from the next page on (RFC 8288). */
function nextLink(req: Request, cursor: string): string {
  const query = new URLSearchParams(req.originalUrl.split('?')[1] ?? '');
  query.set('cursor', cursor);
  return `<${PATH}?${query.toString()}>; rel="next"`;
}

/** Lists of tasks, and what is done with a result. */
export function monitorRoutes({
  list,
  forgetting,
  visibleTo,
}: MonitorRoutesDeps): readonly RouteDefinition[] {
  function listTasks(req: Request, res: GatewayResponse): void {
    const query: ListQuery = validated(listQuerySchema, req.query);
    const { sort, limit, cursor } = query;
    const found = list.list({
      filter: taskFilterOf(query),
      visible: visibleTo(res.locals.principal),
      sort: sortOf(sort),
      limit,
      after: cursor === undefined ? undefined : decodeCursor(sort, cursor),
      facets: query.facets?.split(',') as readonly Facet[] | undefined,
    });
    const next = found.next === undefined ? null : encodeCursor(sort, found.next);
    if (next !== null) res.setHeader('Link', nextLink(req, next));
    sendTaggedJson(req, res, {
      items: found.tasks.map(([task, given]) => taskRow(task, given)),
      next_cursor: next,
      ...(found.facets === undefined ? {} : { facets: facetsView(found.facets.total, found.facets.counts) }),
    });
  }

  async function forgetResult(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    await forgetting.forget(taskId);
    res.statusCode = 204;
    res.end();
  }

  return [
    {
      method: 'get',
      path: PATH,
      scope: 'tasks:read',
      bucket: 'reads',
      body: 'none',
      startsWork: false,
      checksLimits: true,
      api: {
        summary: 'Tasks by state, name, worker, queue, tag, time or text',
        description:
          'The tasks this gateway remembers (TASK_HISTORY_LIMIT), joined from submissions, events and results. All filters given must hold. Pages follow each other by cursor, so that tasks which come in between shift nothing.',
        operationId: 'listTasks',
        problems: problems('reads'),
        tag: 'tasks',
        query: listQuerySchema,
        headers: IF_NONE_MATCH,
        responses: {
          200: {
            description: 'One page.',
            schema: listSchema,
            headers: { Link: 'The next page, where there is one.', ETag: 'For If-None-Match.' },
          },
          304: { description: 'Nothing has changed since the ETag.' },
        },
      },
      handle: listTasks,
    },
    {
      method: 'delete',
      path: `${PATH}/:task_id/result`,
      scope: 'tasks:revoke',
      bucket: 'submits',
      body: 'none',
      startsWork: false,
      api: {
        summary: "Forget a task's result",
        description:
          'Redis deletes it; where results come over RabbitMQ, every replica forgets it, also after a restart. The task itself stays known.',
        operationId: 'forgetResult',
        problems: problems('publishes', 'TASK_NOT_FOUND', 'RESULT_UNSUPPORTED'),
        tag: 'tasks',
        params: taskIdSchema,
        responses: { 204: { description: 'It is forgotten.' } },
      },
      handle: forgetResult,
    },
  ];
}
