import type { HeaderTable } from '../../amqp';
import type { TaskSubmission } from '../../celery/client';
import type { TaskOptions, TaskRequest } from '../../celery/protocol';
import type { RetryOptions } from '../registry';
import { isOfTheRoad } from '../road-headers';

/** Headers the protocol itself owns; whatever else a message carried is custom and goes on. */
const OWN_HEADERS: ReadonlySet<string> = new Set(
  (
    'lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ' +
    'ignore_result replaced_task_nesting stamped_headers stamps compression'
  ).split(' '),
);

/**
 * The message of a task's next run: same id, `retries` + 1, everything else as it was. Destination and quirks (a null
 * parent becomes the task itself) follow celery/app/task.py `signature_from_request` and `as_execution_options`.
 */
export function retrySubmission(request: TaskRequest, eta: Date, options: RetryOptions): TaskSubmission {
  const { deliveryInfo } = request;
  const preserved: TaskOptions = {
    taskId: request.id,
    retries: request.retries + 1,
    eta,
    ...(deliveryInfo.exchange === ''
      ? { queue: deliveryInfo.routingKey }
      : { exchange: deliveryInfo.exchange, routingKey: deliveryInfo.routingKey }),
    priority: request.priority ?? undefined,
    rootId: request.rootId ?? request.id,
    parentId: request.parentId ?? request.id,
    groupId: request.group ?? undefined,
    groupIndex: request.groupIndex ?? undefined,
    shadow: request.shadow ?? undefined,
    origin: request.origin ?? undefined,
    replyTo: request.replyTo ?? '',
    ignoreResult: request.ignoreResult,
    expires: request.expires === null ? undefined : new Date(request.expires),
    timeLimitSeconds: request.timeLimitSeconds ?? undefined,
    softTimeLimitSeconds: request.softTimeLimitSeconds ?? undefined,
    link: request.embed.callbacks ?? undefined,
    linkError: request.embed.errbacks ?? undefined,
    chain: request.embed.chain ?? undefined,
    chord: request.embed.chord ?? undefined,
    stampedHeaders: request.stampedHeaders.length === 0 ? undefined : [...request.stampedHeaders],
    stamps: request.stamps,
    replacedTaskNesting: request.replacedTaskNesting,
    headers: customHeaders(request.headers),
  };
  return {
    name: request.task,
    args: options.args ?? request.args,
    kwargs: options.kwargs ?? request.kwargs,
    options: { ...preserved, ...options.options },
    trustedHeaders: true,
  };
}

/** Without what the broker adds on dead-lettering: carried on, it would grow, and stop a message as a loop. */
function customHeaders(headers: HeaderTable): HeaderTable {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name) && !isOfTheRoad(name)),
  );
}
