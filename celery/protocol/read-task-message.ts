import {
  optionalInteger,
  optionalMoment,
  optionalText,
  type RawHeaders,
  stampsOf,
  timeLimits,
} from './header-fields';
import { Malformed } from './malformed';
import { pythonRepr, pythonReprArgs } from './python-repr';
import { decompress } from './serialization/compression';
import { ContentError } from './serialization/content-error';
import type { ContentOwner, ContentProtection } from './serialization/protection';
import { DEFAULT_ACCEPT, deserialize } from './serialization/serializers';
import { type ReadBody, readTaskBody } from './task-body';
import type { IncomingMessage, MalformedReason, ReadOutcome, TaskRequest } from './task-request';

/** How messages are read; the defaults are Celery's. */
export interface ReadOptions {
  readonly accept?: ReadonlySet<string> | undefined;
  readonly maxDepth?: number | undefined;
  readonly maxContentBytes?: number | undefined;
  /** Undoes what the sender protected; without one only plain messages are read. */
  readonly protection?: ContentProtection | undefined;
}

const textOrUndefined = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * The task's name without decoding the body: the registry may refuse the message first. `undefined` for v1, whose name is in
 * the body (celery/worker/consumer/consumer.py `on_task_received`).
 */
export const peekTaskName = (incoming: Pick<IncomingMessage, 'headers'>): string | undefined =>
  textOrUndefined(incoming.headers.task);

const decodeBody = (incoming: IncomingMessage, options: ReadOptions): unknown => {
  const { compression } = incoming.headers;
  const { contentType, contentEncoding } = incoming.properties;
  const content =
    typeof compression === 'string'
      ? decompress(incoming.content, compression, options.maxContentBytes)
      : incoming.content;
  const accept = options.accept ?? DEFAULT_ACCEPT;
  const { protection } = options;
  if (protection?.recognizes(contentType)) {
    const plain = protection.unprotect(content, contentOwnerOf(incoming));
    return deserialize(plain.content, plain.contentType, plain.contentEncoding, accept, options.maxDepth);
  }
  if (protection?.required)
    throw new ContentError('protection_failed', 'the message is neither signed nor encrypted');
  return deserialize(content, contentType, contentEncoding, accept, options.maxDepth);
};

/** Whose content a task message holds, by its headers, as they say what runs; protocol v1 has none. */
export const contentOwnerOf = ({ headers }: Pick<IncomingMessage, 'headers'>): ContentOwner => ({
  use: 'task',
  id: textOrUndefined(headers.id) ?? '',
  name: textOrUndefined(headers.task) ?? '',
});

/** The fields that say what to run: headers, for v1 the body's own, for the hybrid form both with the headers winning. */
const fieldsOf = (headers: RawHeaders, legacy: ReadBody['legacy'], hasTaskHeader: boolean): RawHeaders => {
  if (legacy === undefined) return headers;
  if (hasTaskHeader) return { ...legacy, ...headers };
  return 'taskset' in legacy ? { ...legacy, group: legacy.taskset } : legacy;
};

const required = (fields: RawHeaders, name: 'id' | 'task'): string => {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  const missing = value === undefined || value === null || value === '';
  const reason: MalformedReason = missing ? `${name}_missing` : `${name}_invalid`;
  throw new Malformed(reason, missing ? `the message has no ${name}` : `the ${name} is no text`);
};

const requestOf = (
  incoming: IncomingMessage,
  fields: RawHeaders,
  body: ReadBody,
  hidden: boolean,
): TaskRequest => {
  const { properties } = incoming;
  const task = required(fields, 'task');
  const id = required(fields, 'id');
  const [timeLimitSeconds, softTimeLimitSeconds] = timeLimits(fields);
  const priority = properties.priority ?? null;
  return {
    id,
    task,
    shadow: optionalText(fields, 'shadow'),
    args: body.args,
    kwargs: body.kwargs,
    embed: body.embed,
    eta: optionalMoment(fields, 'eta', 'eta_invalid'),
    expires: optionalMoment(fields, 'expires', 'expires_invalid'),
    group: optionalText(fields, 'group'),
    groupIndex: optionalInteger(fields, 'group_index'),
    retries: optionalInteger(fields, 'retries') ?? 0,
    timeLimitSeconds,
    softTimeLimitSeconds,
    rootId: optionalText(fields, 'root_id'),
    parentId: optionalText(fields, 'parent_id'),
    argsrepr: textOrUndefined(fields.argsrepr) ?? (body.legacy ? pythonReprArgs(body.args) : ''),
    kwargsrepr: textOrUndefined(fields.kwargsrepr) ?? (body.legacy ? pythonRepr(body.kwargs) : ''),
    origin: textOrUndefined(fields.origin) ?? null,
    ignoreResult: typeof fields.ignore_result === 'boolean' ? fields.ignore_result : undefined,
    replacedTaskNesting: optionalInteger(fields, 'replaced_task_nesting') ?? 0,
    ...stampsOf(fields),
    headers: incoming.headers,
    replyTo: properties.replyTo || null,
    correlationId: properties.correlationId || id,
    contentType: properties.contentType ?? '',
    contentEncoding: properties.contentEncoding ?? 'utf-8',
    priority,
    deliveryInfo: {
      exchange: incoming.exchange,
      routingKey: incoming.routingKey,
      priority,
      redelivered: incoming.redelivered,
    },
    protocol: incoming.headers.task === undefined ? 1 : 2,
    properties,
    ...(hidden ? { hidden } : {}),
  };
};

const reasonOf = (error: ContentError): MalformedReason =>
  error.code === 'encode_failed' ? 'decode_failed' : error.code;

const malformed = (incoming: IncomingMessage, error: unknown): ReadOutcome => {
  const ids = { taskId: textOrUndefined(incoming.headers.id), task: peekTaskName(incoming) };
  const detail = error instanceof Error ? error.message : String(error);
  const reason =
    error instanceof Malformed
      ? error.reason
      : error instanceof ContentError
        ? reasonOf(error)
        : 'decode_failed';
  return { kind: 'malformed', reason, detail, settle: 'reject', ...ids };
};

/**
 * Reads a task message of protocol v2, v1 or the hybrid of both. It never throws: whatever the content, the answer is a
 * request or a reason. Mirrors celery/worker/strategy.py `default` and celery/worker/request.py `Request.__init__`, but where
 * Python's worker process dies of a message (contract K2 to K4), or drops it, ours dead-letters it with the reason.
 */
export const readTaskMessage = (incoming: IncomingMessage, options: ReadOptions = {}): ReadOutcome => {
  try {
    const hasTaskHeader = incoming.headers.task !== undefined && incoming.headers.task !== null;
    const body = readTaskBody(decodeBody(incoming, options), hasTaskHeader);
    const fields = fieldsOf(incoming.headers, body.legacy, hasTaskHeader);
    const { protection } = options;
    const hidden = protection?.hides === true && protection.recognizes(incoming.properties.contentType);
    return { kind: 'task', request: requestOf(incoming, fields, body, hidden) };
  } catch (error) {
    return malformed(incoming, error);
  }
};
