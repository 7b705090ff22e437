import { TaskError, type TaskSubmission } from '../../celery';
import { canvas, type Signature, signature, type TaskOptions } from '../../celery/protocol';
import type { InputProblem } from '../errors';
import { bodyPointer } from './body-pointer';
import type { Dedup } from './deduplication';
import type { DedupBody, SignatureBody, SubmitBody } from './schema';
import type { SubmitExtras } from './service';

/** Tags travel as a stamp of this name: workers and Flower show stamps, and revoke by them. */
export const TAGS_STAMP = 'tags';

/** The header of a task that says how to run it again when it fails; TypeScript workers read it. */
export const RETRY_POLICY_HEADER = 'retry_policy';

/** Where a body's callbacks send their results: they are sent by a worker, which would take its own address. */
export type ReplyTo = () => string;

type TaskBody = Omit<SubmitBody, 'dedup' | 'callback_url'>;

/** Celery lists the names of stamps apart from their values. */
function stampsOf({ stamps, tags }: TaskBody): Pick<TaskOptions, 'stamps' | 'stampedHeaders'> {
  const all = tags === undefined ? stamps : { ...stamps, [TAGS_STAMP]: tags };
  return { stamps: all, stampedHeaders: all === undefined ? undefined : Object.keys(all) };
}

/** JSON values: the Celery layer refuses the names it keeps for itself, the publisher what AMQP cannot carry. */
function headersOf({ headers, retry_policy: policy }: TaskBody): TaskOptions['headers'] {
  const all = policy === undefined ? headers : { ...headers, [RETRY_POLICY_HEADER]: policy };
  return all as TaskOptions['headers'];
}

function signatureOf(body: SignatureBody, replyTo: ReplyTo): Signature {
  const options = optionsOf(body, replyTo);
  return signature(body.task_name, {
    args: body.args,
    kwargs: body.kwargs,
    options: canvas.signatureOptionsOf({ ...options, replyTo: replyTo() }),
    immutable: body.immutable,
  });
}

function optionsOf(body: TaskBody, replyTo: ReplyTo): TaskOptions {
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
    headers: body.retry_policy === undefined ? (body.headers as TaskOptions['headers']) : headersOf(body),
    shadow: body.shadow,
    ignoreResult: body.ignore_result,
    rootId: body.root_id,
    parentId: body.parent_id,
    serializer: body.serializer,
    compression: body.compression,
  };
  const { stamps, tags, link, link_error: linkError } = body;
  // The plain submission, nearly all of them: nothing more is made.
  if (stamps === undefined && tags === undefined && link === undefined && linkError === undefined)
    return options;
  return {
    ...options,
    ...stampsOf(body),
    link: link?.map((sig) => signatureOf(sig, replyTo)),
    linkError: linkError?.map((sig) => signatureOf(sig, replyTo)),
  };
}

/** The task that a body asks for. */
export function submissionOf(body: TaskBody, replyTo: ReplyTo): TaskSubmission {
  return { name: body.task_name, args: body.args, kwargs: body.kwargs, options: optionsOf(body, replyTo) };
}

/** What the task's service is told beyond the task; undefined, as nearly always, when there is nothing. */
export function extrasOf(
  { dedup, callback_url: callbackUrl }: SubmitBody,
  repeatable: boolean,
): SubmitExtras | undefined {
  if (dedup === undefined && callbackUrl === undefined && !repeatable) return undefined;
  return { dedup: dedup === undefined ? undefined : dedupOf(dedup), repeatable, callbackUrl };
}

function dedupOf({ key, mode, window_seconds: seconds }: DedupBody): Dedup {
  return { key, mode, windowMs: seconds === undefined ? undefined : seconds * 1000 };
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
