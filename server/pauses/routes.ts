import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { pausedSchema, pauseSchema, resumeSchema } from './answers';
import { queueNameSchema } from './schema';
import type { PauseService } from './service';
import { listView, pausedView, resumedView } from './view';

const PREFIX = '/rabbitmq/queues';

function queueName(req: Request): string {
  return validated(queueNameSchema, { queue_name: pathParameter(req, 'queue_name') }).queue_name;
}

/** The routes that pause and resume queues. */
export function pauseRoutes(
  service: Pick<PauseService, 'list' | 'pause' | 'resume'>,
): readonly RouteDefinition[] {
  async function pause(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, pausedView(await service.pause(queueName(req), res.locals.principal?.id ?? null)));
  }

  async function resume(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, resumedView(await service.resume(queueName(req), res.locals.principal?.id ?? null)));
  }

  const change = { bucket: 'admin', body: 'none', startsWork: true, scope: 'queues:write' } as const;
  return [
    {
      method: 'get',
      path: `${PREFIX}/paused`,
      scope: 'queues:read',
      bucket: 'admin',
      body: 'none',
      startsWork: false,
      api: {
        summary: 'Queues that are paused',
        operationId: 'listPausedQueues',
        problems: problems('reads'),
        tag: 'queues',
        responses: { 200: { description: 'As all gateways remember them.', schema: pausedSchema } },
      },
      handle: (_req, res) => sendJson(res, 200, listView(service.list())),
    },
    {
      ...change,
      method: 'post',
      path: `${PREFIX}/:queue_name/pause`,
      api: {
        summary: 'Pause a queue for all workers',
        description:
          'Workers stop consuming it, those that join later too. What they had prefetched still runs; new messages wait in the queue.',
        operationId: 'pauseQueue',
        problems: problems('remembers', 'NAME_NOT_ALLOWED'),
        tag: 'queues',
        params: queueNameSchema,
        responses: { 200: { description: 'It is paused.', schema: pauseSchema } },
      },
      handle: pause,
    },
    {
      ...change,
      method: 'post',
      path: `${PREFIX}/:queue_name/resume`,
      api: {
        summary: 'Resume a paused queue',
        description: 'The workers that consumed it before consume it again.',
        operationId: 'resumeQueue',
        problems: problems('remembers', 'NAME_NOT_ALLOWED', 'QUEUE_NOT_PAUSED'),
        tag: 'queues',
        params: queueNameSchema,
        responses: { 200: { description: 'It is not paused any more.', schema: resumeSchema } },
      },
      handle: resume,
    },
  ];
}
