import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { endOf } from '../http/request-end';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { preferredWait, revokeQuerySchema, statusQuerySchema } from '../tasks';
import { canceledSchema, workflowStatusSchema } from './answers';
import { workflowIdSchema, workflowSchema } from './schema';
import type { WorkflowService } from './service';
import { canceledView, workflowView } from './view';

const PREFIX = '/rabbitmq/workflows';
const ONE = `${PREFIX}/:workflow_id`;
/** A client that polls is asked to wait this long, in seconds. */
const POLL_AGAIN_SECONDS = '1';

const EXAMPLE = {
  type: 'chord',
  header: [
    { type: 'task', task_name: 'tasks.add', args: [1, 2] },
    {
      type: 'chain',
      tasks: [
        { type: 'task', task_name: 'tasks.add', args: [3, 4] },
        { type: 'task', task_name: 'tasks.add', args: [5] },
      ],
    },
  ],
  body: { type: 'task', task_name: 'tasks.total' },
};

export interface WorkflowRoutesDeps {
  readonly service: Pick<WorkflowService, 'submit' | 'find' | 'cancel' | 'retry'>;
  readonly maxWaitSeconds: number;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

const idOf = (req: Request): string =>
  validated(workflowIdSchema, { workflow_id: pathParameter(req, 'workflow_id') }).workflow_id;

/** The workflow routes; queries, bodies and headers end here. */
export function workflowRoutes(deps: WorkflowRoutesDeps): readonly RouteDefinition[] {
  const { service, maxWaitSeconds, stopping } = deps;

  async function submit(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(workflowSchema, req.body);
    const { principal, idempotency } = res.locals;
    const submitted = await service.submit(body, principal, idempotency?.taskId, req.headers);
    res.setHeader('Location', `${PREFIX}/${encodeURIComponent(submitted.workflow.id)}`);
    sendJson(res, 202, workflowView(submitted));
  }

  async function find(req: Request, res: GatewayResponse): Promise<void> {
    const id = idOf(req);
    const query = validated(statusQuerySchema, req.query);
    const preferred = query.wait === undefined ? preferredWait(req.headers.prefer) : undefined;
    const waitSeconds = Math.min(query.wait ?? preferred ?? 0, maxWaitSeconds);
    const signal = waitSeconds > 0 ? endOf(res, stopping) : stopping;
    const found = await service.find(id, res.locals.principal, waitSeconds * 1000, signal);
    if (preferred !== undefined) res.setHeader('Preference-Applied', `wait=${waitSeconds}`);
    if (!found.state.done) res.setHeader('Retry-After', POLL_AGAIN_SECONDS);
    sendJson(res, 200, workflowView(found));
  }

  async function cancel(req: Request, res: GatewayResponse): Promise<void> {
    const id = idOf(req);
    const terms = validated(revokeQuerySchema, req.query);
    sendJson(res, 200, canceledView(id, await service.cancel(id, res.locals.principal, terms)));
  }

  async function retry(req: Request, res: GatewayResponse): Promise<void> {
    const id = idOf(req);
    const { principal, idempotency } = res.locals;
    sendJson(res, 202, workflowView(await service.retry(id, principal, idempotency?.taskId)));
  }

  const common = { startsWork: false, body: 'none', checksLimits: true } as const;
  const tag = 'workflows';
  const params = workflowIdSchema;
  return [
    {
      ...common,
      method: 'post',
      path: PREFIX,
      scope: 'workflows:submit',
      bucket: 'submits',
      body: 'json',
      startsWork: true,
      idempotent: true,
      api: {
        summary: 'Submit a workflow: chains, groups, chords and maps of tasks, in each other',
        description:
          'Answered when every gateway knows the graph and RabbitMQ has confirmed the first tasks. Each task is checked like a single submission.',
        operationId: 'submitWorkflow',
        problems: problems('submits', 'CALLBACKS_DISABLED', 'WORKFLOW_CONFLICT'),
        tag,
        body: workflowSchema,
        example: EXAMPLE,
        responses: { 202: { description: 'With the ids of all tasks.', schema: workflowStatusSchema } },
      },
      handle: submit,
    },
    {
      ...common,
      method: 'get',
      path: ONE,
      scope: 'tasks:read',
      bucket: 'reads',
      api: {
        summary: 'The graph of a workflow with the state and result of each task',
        operationId: 'getWorkflow',
        problems: problems('reads', 'WORKFLOW_NOT_FOUND'),
        tag,
        params,
        query: statusQuerySchema,
        headers: { Prefer: '`wait=n`: answer when the workflow has ended, or after n seconds.' },
        responses: { 200: { description: 'As far as it is known.', schema: workflowStatusSchema } },
      },
      handle: find,
    },
    {
      ...common,
      method: 'delete',
      path: ONE,
      scope: 'tasks:revoke',
      bucket: 'submits',
      api: {
        summary: 'Cancel a workflow: revoke all of its tasks that have not ended',
        operationId: 'cancelWorkflow',
        problems: problems('remembers', 'WORKFLOW_NOT_FOUND', 'NO_WORKER_REPLIED'),
        tag,
        params,
        query: revokeQuerySchema,
        responses: { 200: { description: 'Who was told.', schema: canceledSchema } },
      },
      handle: cancel,
    },
    {
      ...common,
      method: 'post',
      path: `${ONE}/retry`,
      scope: 'workflows:submit',
      bucket: 'submits',
      startsWork: true,
      idempotent: true,
      api: {
        summary: 'Run again what failed in a workflow, and what comes after it',
        operationId: 'retryWorkflow',
        problems: problems('submits', 'WORKFLOW_NOT_FOUND', 'WORKFLOW_CONFLICT'),
        tag,
        params,
        responses: { 202: { description: 'With the new ids.', schema: workflowStatusSchema } },
      },
      handle: retry,
    },
  ];
}
