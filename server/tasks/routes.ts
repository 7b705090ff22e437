import type { Request } from 'express';
import { IF_NONE_MATCH, sendTaggedJson } from '../http/etag';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { endOf } from '../http/request-end';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { activeSchema, statusSchema, submittedSchema } from './answers';
import { preferredWait } from './prefer';
import { sparseTaskSchema, statusQuerySchema, submitSchema, taskIdSchema } from './schema';
import type { TaskService } from './service';
import { extrasOf, inBodyTerms, type ReplyTo, submissionOf } from './submission';
import type { TaskArgumentsReader } from './task-arguments';
import { isReady } from './task-state';
import { traced } from './trace-context';
import { activeView, statusView, submittedView } from './view';

const PREFIX = '/rabbitmq/tasks';
/** A client that polls is asked to wait this long, in seconds. */
const POLL_AGAIN_SECONDS = '1';

export interface TaskRoutesDeps {
  readonly service: Pick<TaskService, 'submit' | 'status' | 'active'>;
  /** What a task was submitted with. Default: it is not told. */
  readonly argumentsOf?: TaskArgumentsReader['of'] | undefined;
  /** Where results of callbacks go. */
  readonly replyTo: ReplyTo;
  readonly maxWaitSeconds: number;
  /** Aborts when the gateway stops: long polls are then answered with what is known. */
  readonly stopping: AbortSignal;
}

/** The task routes; queries, bodies and headers end here. */
export function taskRoutes(deps: TaskRoutesDeps): readonly RouteDefinition[] {
  const { service, replyTo, maxWaitSeconds, stopping, argumentsOf } = deps;

  async function submit(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(sparseTaskSchema.for(req.body), req.body);
    const { principal, idempotency } = res.locals;
    const derived = body.task_id === undefined ? idempotency?.taskId('0') : undefined;
    const asked = submissionOf(derived === undefined ? body : { ...body, task_id: derived }, replyTo);
    const task = traced(asked, req.headers);
    const extras = extrasOf(body, idempotency !== undefined);
    const submitted = await service.submit(task, principal, extras).catch((error: unknown) => {
      throw inBodyTerms(error);
    });
    res.setHeader('Location', `${PREFIX}/${encodeURIComponent(submitted.taskId)}`);
    // A task of an earlier submission was not accepted now: it is only named.
    sendJson(res, submitted.deduplicated === true ? 200 : 202, submittedView(submitted));
  }

  async function status(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    const query = validated(statusQuerySchema, req.query);
    const preferred = query.wait === undefined ? preferredWait(req.headers.prefer) : undefined;
    const waitSeconds = Math.min(query.wait ?? preferred ?? 0, maxWaitSeconds);
    // A request that was read to its end beforehand costs less when it is answered: many may be at once.
    if (waitSeconds > 0) req.resume();
    const signal = waitSeconds > 0 ? endOf(res, stopping) : stopping;
    const found = await service.status(taskId, waitSeconds * 1000, signal, res.locals.principal);
    if (preferred !== undefined) res.setHeader('Preference-Applied', `wait=${waitSeconds}`);
    if (!isReady(found.status)) res.setHeader('Retry-After', POLL_AGAIN_SECONDS);
    sendTaggedJson(req, res, statusView(found, await argumentsOf?.(found.task)));
  }

  async function active(_req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, activeView(await service.active(res.locals.principal)));
  }

  const common = { body: 'none', startsWork: false } as const;
  return [
    {
      ...common,
      method: 'post',
      path: `${PREFIX}/submit`,
      scope: 'tasks:submit',
      bucket: 'submits',
      body: 'json',
      startsWork: true,
      idempotent: true,
      checksLimits: true,
      api: {
        summary: 'Submit a task',
        description: 'Answered when RabbitMQ has confirmed the task and routed it to a queue.',
        operationId: 'submitTask',
        problems: problems(
          'submits',
          'CALLBACKS_DISABLED',
          'IDEMPOTENCY_UNAVAILABLE',
          'IDEMPOTENCY_IN_FLIGHT',
        ),
        tag: 'tasks',
        headers: {
          traceparent:
            'W3C trace context: goes on into the headers of the message, so that the worker continues the trace.',
          tracestate: 'With traceparent.',
        },
        body: submitSchema,
        example: { task_name: 'tasks.add', args: [2, 3] },
        responses: {
          202: { description: 'The task is on its queue.', schema: submittedSchema },
          200: { description: 'Its dedup window has a task already: this is it.', schema: submittedSchema },
        },
      },
      handle: submit,
    },
    {
      ...common,
      method: 'get',
      path: `${PREFIX}/active`,
      scope: 'tasks:read',
      bucket: 'reads',
      checksLimits: true,
      api: {
        summary: 'What each worker runs at this moment',
        operationId: 'listActiveTasks',
        problems: problems('publishes'),
        tag: 'tasks',
        responses: { 200: { description: 'By worker.', schema: activeSchema } },
      },
      handle: active,
    },
    {
      ...common,
      method: 'get',
      path: `${PREFIX}/:task_id`,
      scope: 'tasks:read',
      bucket: 'reads',
      api: {
        summary: 'State and result of a task',
        operationId: 'getTask',
        problems: problems('reads', 'TASK_NOT_FOUND', 'RESULT_TIMEOUT'),
        tag: 'tasks',
        params: taskIdSchema,
        query: statusQuerySchema,
        headers: {
          Prefer: '`wait=n`: answer when the task is finished, or after n seconds.',
          ...IF_NONE_MATCH,
        },
        responses: {
          200: {
            description: 'As far as it is known.',
            schema: statusSchema,
            headers: { ETag: 'For If-None-Match.' },
          },
          304: { description: 'Nothing has changed since the ETag.' },
        },
      },
      handle: status,
    },
  ];
}
