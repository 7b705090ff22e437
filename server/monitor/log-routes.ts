import type { Request } from 'express';
import type { HeldLogLine, HeldTaskLog } from '../../celery';
import { IF_NONE_MATCH, sendTaggedJson } from '../http/etag';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { isoTime, taskIdSchema } from '../tasks';
import { logsSchema } from './answers';
import { logsQuerySchema } from './schema';

export interface LogRoutesDeps {
  /** What a task logged, the latest lines. @throws GatewayError TASK_NOT_FOUND for a task nobody knows. */
  readonly logsOf: (taskId: string) => Promise<HeldTaskLog>;
}

function parsed(fields: string | null): unknown {
  if (fields === null) return null;
  try {
    return JSON.parse(fields);
  } catch {
    // Cut where it was too long.
    return fields;
  }
}

const lineView = ({ at, level, message, fields, worker }: HeldLogLine): object => ({
  time: isoTime(at),
  level,
  message,
  worker,
  fields: parsed(fields),
});

/** What tasks logged. */
export function logRoutes({ logsOf }: LogRoutesDeps): readonly RouteDefinition[] {
  async function logs(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    const { limit } = validated(logsQuerySchema, req.query);
    const { lines, truncated } = await logsOf(taskId);
    const items = lines.slice(-limit).map(lineView);
    sendTaggedJson(req, res, { task_id: taskId, items, truncated: truncated || lines.length > limit });
  }

  return [
    {
      method: 'get',
      path: '/rabbitmq/tasks/:task_id/logs',
      scope: 'tasks:read',
      bucket: 'reads',
      body: 'none',
      startsWork: false,
      api: {
        summary: 'What a task logged',
        description:
          'The latest lines, oldest first. TypeScript workers ship what a task writes to its logger; lines of Python workers stay with them.',
        operationId: 'getTaskLogs',
        problems: problems('reads', 'TASK_NOT_FOUND'),
        tag: 'tasks',
        params: taskIdSchema,
        query: logsQuerySchema,
        headers: IF_NONE_MATCH,
        responses: {
          200: {
            description: 'As far as they are held.',
            schema: logsSchema,
            headers: { ETag: 'For If-None-Match.' },
          },
          304: { description: 'Nothing has changed since the ETag.' },
        },
      },
      handle: logs,
    },
  ];
}
