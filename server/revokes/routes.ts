import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { bulkRevokedSchema, revokedSchema } from './answers';
import { filterOf } from './filter';
import { type BulkRevokeBody, bulkRevokeSchema, revokeQuerySchema, taskIdSchema } from './schema';
import type { BulkRevokeOutcome, RevokeService } from './service';
import { bulkRevokeView, revokeView } from './view';

const PREFIX = '/rabbitmq/tasks';

type Stamps = NonNullable<BulkRevokeBody['stamped_headers']>;

const listed = (stamps: Stamps): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    Object.entries(stamps).map(([name, value]) => [name, typeof value === 'string' ? [value] : value]),
  );

/** The routes that revoke tasks. */
export function revokeRoutes(
  service: Pick<RevokeService, 'revoke' | 'revokeMany' | 'revokeStamped' | 'unfinished'>,
): readonly RouteDefinition[] {
  async function revoke(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    const { terminate, signal } = validated(revokeQuerySchema, req.query);
    sendJson(res, 200, revokeView(taskId, await service.revoke(taskId, { terminate, signal })));
  }

  function many(body: BulkRevokeBody): Promise<BulkRevokeOutcome> {
    const { terminate, signal, dry_run: dryRun, stamped_headers: stamps, filter } = body;
    const terms = { terminate, signal };
    if (stamps !== undefined) return service.revokeStamped(listed(stamps), terms, dryRun);
    const ids = filter === undefined ? body.task_ids : service.unfinished(filterOf(filter), body.limit);
    return service.revokeMany(ids ?? [], terms, dryRun);
  }

  async function revokeMany(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, bulkRevokeView(await many(validated(bulkRevokeSchema, req.body))));
  }

  const common = { scope: 'tasks:revoke', bucket: 'submits', startsWork: false } as const;
  return [
    {
      ...common,
      method: 'delete',
      path: `${PREFIX}/:task_id`,
      body: 'none',
      api: {
        summary: 'Revoke a task',
        description:
          'Tells the workers that are online and keeps a tombstone: workers that come online before it expires are told before they take tasks.',
        operationId: 'revokeTask',
        problems: problems('publishes', 'TASK_NOT_FOUND', 'NO_WORKER_REPLIED'),
        tag: 'tasks',
        params: taskIdSchema,
        query: revokeQuerySchema,
        responses: { 200: { description: 'Which workers acknowledged it.', schema: revokedSchema } },
      },
      handle: revoke,
    },
    {
      ...common,
      method: 'post',
      path: `${PREFIX}/revoke`,
      body: 'json',
      api: {
        summary: 'Revoke many tasks',
        description:
          'By ids, by stamped headers, or those of the history that match a filter and are not finished. With `dry_run` it only tells which.',
        operationId: 'revokeTasks',
        problems: problems('publishes', 'NO_WORKER_REPLIED'),
        tag: 'tasks',
        body: bulkRevokeSchema,
        example: { filter: { name: 'reports.*', state: 'QUEUED' }, dry_run: true },
        responses: { 200: { description: 'Which tasks, and what workers said.', schema: bulkRevokedSchema } },
      },
      handle: revokeMany,
    },
  ];
}
