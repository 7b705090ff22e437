import type { TaskSubmission } from '../../celery/client';
import { TaskError } from '../../celery/errors';
import { mergeSignature, type Signature, type TaskOptions, type TaskRequest } from '../../celery/protocol';
import { withTrace } from './trace-context';

type Options = Readonly<Record<string, unknown>>;

/** The callbacks (`link`) of a task that succeeded: one is sent as it is, several as a group. */
export function callbackSubmissions(
  request: TaskRequest,
  value: unknown,
  newId: () => string,
): readonly TaskSubmission[] {
  const callbacks = request.embed.callbacks ?? [];
  const lineage = childOf(request);
  if (callbacks.length === 1) return callbacks.map((sig) => submissionOf(sig, [value], lineage));
  return grouped(callbacks, [value], lineage, newId);
}

/** The next step of a chain: the last element, which carries the others on (celery/app/trace.py). */
export function chainSubmission(request: TaskRequest, value: unknown): TaskSubmission | null {
  const chain = request.embed.chain ?? [];
  const next = chain.at(-1);
  if (next === undefined) return null;
  return submissionOf(next, [value], { ...childOf(request), chain: chain.slice(0, -1) });
}

/** Errbacks of the old style, `(task_id)`; another language's errback is always called so (contract 4.6). */
export function errbackSubmissions(request: TaskRequest, newId: () => string): readonly TaskSubmission[] {
  return grouped(request.embed.errbacks ?? [], [request.id], childOf(request), newId);
}

const childOf = (request: TaskRequest): TaskOptions => ({
  parentId: request.id,
  rootId: request.rootId ?? request.id,
  headers: withTrace(request, undefined),
});

function grouped(
  signatures: readonly Signature[],
  args: readonly unknown[],
  lineage: TaskOptions,
  newId: () => string,
): readonly TaskSubmission[] {
  const groupId = signatures.length > 0 ? newId() : undefined;
  return signatures.map((sig, groupIndex) => submissionOf(sig, args, { ...lineage, groupId, groupIndex }));
}

/**
 * A plain signature as a task to send.
 * @throws TaskError CANVAS_UNSUPPORTED for a composite one: it must not be dropped in silence
 */
export function submissionOf(
  signature: Signature,
  args: readonly unknown[],
  lineage: TaskOptions,
): TaskSubmission {
  if (signature.subtask_type !== null && signature.subtask_type !== undefined) {
    throw new TaskError('CANVAS_UNSUPPORTED', `cannot send a ${signature.subtask_type} as a next step`, {
      details: { task: signature.task, subtaskType: signature.subtask_type },
    });
  }
  const merged = mergeSignature(signature, args);
  return {
    name: merged.task,
    args: merged.args,
    kwargs: merged.kwargs,
    options: taskOptions(merged.options, lineage),
  };
}

/** `apply_async` options in Celery's spelling, read into ours; unknown or ill-typed ones are left out. */
function taskOptions(options: Options, lineage: TaskOptions): TaskOptions {
  const stampNames = list<string>(options.stamped_headers);
  return {
    taskId: text(options.task_id),
    queue: queueName(options.queue),
    exchange: text(options.exchange),
    routingKey: text(options.routing_key),
    priority: number(options.priority),
    countdownSeconds: number(options.countdown),
    eta: text(options.eta),
    expires: number(options.expires) ?? text(options.expires),
    timeLimitSeconds: number(options.time_limit),
    softTimeLimitSeconds: number(options.soft_time_limit),
    retries: number(options.retries),
    shadow: text(options.shadow),
    ignoreResult: options.ignore_result === true ? true : undefined,
    replyTo: text(options.reply_to),
    link: list<Signature>(options.link),
    linkError: list<Signature>(options.link_error),
    chain: list<Signature>(options.chain),
    chord: (options.chord ?? undefined) as Signature | undefined,
    stampedHeaders: stampNames,
    stamps: stampNames && Object.fromEntries(stampNames.map((name) => [name, options[name]])),
    replacedTaskNesting: number(options.replaced_task_nesting),
    ...lineage,
    groupId: text(options.group_id) ?? lineage.groupId,
    groupIndex: number(options.group_index) ?? lineage.groupIndex,
    rootId: text(options.root_id) ?? lineage.rootId,
    parentId: text(options.parent_id) ?? lineage.parentId,
    headers: merged(lineage.headers, options.headers),
  };
}

/** A signature's own headers win over the trace it inherits. */
const merged = (inherited: TaskOptions['headers'], own: unknown): TaskOptions['headers'] => {
  if (typeof own !== 'object' || own === null) return inherited;
  return inherited === undefined ? (own as TaskOptions['headers']) : { ...inherited, ...own };
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** A queue is a name, or a serialized kombu Queue. */
const queueName = (value: unknown): string | undefined =>
  text(value) ?? text((value as { name?: unknown } | null | undefined)?.name);

/** Celery allows one signature where a list is meant. */
function list<T>(value: unknown): readonly T[] | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value : [value as T];
}
