import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { RabbitMQError } from '../../amqp';
import { sendJson } from '../http/json-response';
import { problemOf } from '../http/problem';
import { problems } from '../http/problem-sources';
import type { GatewayResponse, IdempotentWork } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { filterOf } from '../revokes';
import { inBodyTerms, taskIdSchema } from '../tasks';
import { bulkReplayedSchema, replayedSchema } from './answers';
import { bulkReplaySchema, type ReplayEditsBody, replaySchema } from './schema';
import type { NewId, ReplayCommand, ReplayOutcome, ReplayService } from './service';
import { bulkReplayView, dryReplayView, replayedView } from './view';

const PREFIX = '/rabbitmq/tasks';

export interface ReplayRoutesDeps {
  readonly service: Pick<ReplayService, 'replay' | 'replayMany' | 'finished'>;
  readonly maxTasks: number;
}

const isPassing = (outcome: ReplayOutcome): boolean =>
  'error' in outcome && outcome.error instanceof RabbitMQError && outcome.error.retryable;

function commandOf(body: ReplayEditsBody): ReplayCommand {
  const { queue, exchange, routing_key: routingKey } = body;
  return {
    destination: { queue, exchange, routingKey },
    force: body.force,
    options: {
      priority: body.priority,
      countdownSeconds: body.countdown,
      eta: body.eta,
      expires: body.expires,
      timeLimitSeconds: body.time_limit,
      softTimeLimitSeconds: body.soft_time_limit,
      ignoreResult: body.ignore_result,
    },
  };
}

/** With an idempotency key the new ids are the same each time; else they are new. */
const newIds = (repeated: IdempotentWork | undefined): NewId =>
  repeated === undefined
    ? () => ({ taskId: randomUUID(), repeatable: false })
    : (taskId) => ({ taskId: repeated.taskId(taskId), repeatable: true });

/** Finished tasks are submitted again, from the messages they were submitted with. */
export function replayRoutes({ service, maxTasks }: ReplayRoutesDeps): readonly RouteDefinition[] {
  const manySchema = bulkReplaySchema(maxTasks);

  async function replay(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    const { args, kwargs, task_id: chosen, ...edits } = validated(replaySchema, req.body);
    const { principal, idempotency: repeated } = res.locals;
    const newId: NewId =
      chosen === undefined
        ? newIds(repeated)
        : () => ({ taskId: chosen, repeatable: repeated !== undefined });
    const command = { ...commandOf(edits), args, kwargs };
    const replayed = await service.replay(taskId, command, principal, newId).catch((error: unknown) => {
      throw inBodyTerms(error);
    });
    res.setHeader('Location', `${PREFIX}/${encodeURIComponent(replayed.taskId)}`);
    sendJson(res, 202, replayedView(replayed));
  }

  async function replayMany(req: Request, res: GatewayResponse): Promise<void> {
    const { task_ids, filter, dry_run: dryRun, limit = maxTasks, ...edits } = validated(manySchema, req.body);
    const { principal, requestId, idempotency: repeated } = res.locals;
    const taskIds =
      filter === undefined ? (task_ids ?? []) : service.finished(filterOf(filter), limit, principal);
    if (dryRun) {
      sendJson(res, 200, dryReplayView(taskIds));
      return;
    }
    const outcomes = await service.replayMany(taskIds, commandOf(edits), principal, newIds(repeated));
    if (outcomes.some(isPassing)) repeated?.unfinished();
    const view = bulkReplayView(outcomes, (error, index) =>
      problemOf(error, { path: `${req.path}#/results/${index}`, requestId }),
    );
    sendJson(res, view.refused === 0 ? 202 : 207, view);
  }

  const common = {
    method: 'post',
    scope: 'tasks:submit',
    bucket: 'submits',
    body: 'json',
    startsWork: true,
    idempotent: true,
    checksLimits: true,
  } as const;
  return [
    {
      ...common,
      path: `${PREFIX}/retry`,
      api: {
        summary: 'Submit many finished tasks again',
        description:
          'By ids, or those of the history that match a filter and are finished. With `dry_run` it only tells which. Each is submitted as by the route for one.',
        operationId: 'retryTasks',
        problems: problems('submits', 'TASK_NOT_FOUND', 'TASK_NOT_RECORDED', 'TASK_NOT_FINISHED'),
        tag: 'tasks',
        body: manySchema,
        example: { filter: { state: 'FAILURE', name: 'reports.*' }, dry_run: true },
        responses: {
          200: { description: 'Dry run: these would be.', schema: bulkReplayedSchema },
          202: { description: 'All are on their queues.', schema: bulkReplayedSchema },
          207: { description: 'Some are not: each result says which and why.', schema: bulkReplayedSchema },
        },
      },
      handle: replayMany,
    },
    {
      ...common,
      path: `${PREFIX}/:task_id/retry`,
      api: {
        summary: 'Submit a finished task again',
        description:
          'The very message it was submitted with, under a new id, with what the body says changed. `replay_of` in its headers names the original.',
        operationId: 'retryTask',
        problems: problems('submits', 'TASK_NOT_FOUND', 'TASK_NOT_RECORDED', 'TASK_NOT_FINISHED'),
        tag: 'tasks',
        params: taskIdSchema,
        body: replaySchema,
        example: { queue: 'slow' },
        responses: { 202: { description: 'The new task is on its queue.', schema: replayedSchema } },
      },
      handle: replay,
    },
  ];
}
