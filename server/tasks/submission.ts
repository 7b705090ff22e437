import { TaskError, type TaskSubmission } from '../../celery';
import { CELERY_OPTION_NAMES, type TaskOptions } from '../../celery/protocol';
import type { InputProblem } from '../errors';
import type { SubmitBody } from './schema';

/** The task that a body asks for. */
export function submissionOf(body: SubmitBody): TaskSubmission {
  const options: TaskOptions = {
    taskId: body.task_id,
    queue: body.queue,
    exchange: body.exchange,
    routingKey: body.routing_key,
    priority: body.priority,
    countdownSeconds: body.countdown,
    eta: body.eta,
    expires: body.expires,
    timeLimitSeconds: body.time_limit,
    softTimeLimitSeconds: body.soft_time_limit,
    retries: body.retries,
    // JSON values: the Celery layer refuses the names it keeps for itself, the publisher what AMQP cannot carry.
    headers: body.headers as TaskOptions['headers'],
    shadow: body.shadow,
    ignoreResult: body.ignore_result,
    rootId: body.root_id,
    parentId: body.parent_id,
    serializer: body.serializer,
    compression: body.compression,
  };
  return { name: body.task_name, args: body.args, kwargs: body.kwargs, options };
}

function bodyPointer(pointer: string): string {
  if (pointer === '/name') return '/task_name';
  if (pointer === '/id') return '/task_id';
  const [, option = '', rest = ''] = /^\/options\/([^/]+)(\/.*)?$/.exec(pointer) ?? [];
  // The body spells its options as Celery does.
  const field = (CELERY_OPTION_NAMES as Readonly<Record<string, string>>)[option];
  return field === undefined ? pointer : `/${field}${rest}`;
}

/** The Celery layer points into its own terms; the caller wrote a body. Other errors pass unchanged. */
export function inBodyTerms(error: unknown): unknown {
  if (!(error instanceof TaskError) || error.code !== 'TASK_INVALID') return error;
  const { errors } = error.details;
  if (!Array.isArray(errors)) return error;
  const moved = (errors as readonly InputProblem[]).map(({ pointer, detail }) => ({
    pointer: bodyPointer(pointer),
    detail,
  }));
  return new TaskError('TASK_INVALID', 'A Celery worker could not take this task.', {
    details: { ...error.details, errors: moved },
    cause: error,
  });
}
