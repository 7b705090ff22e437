import type { HeaderTable, HeaderValue, MessageProperties } from '../../amqp';
import { type TaskTimes, taskTimes } from './message-times';
import { pythonRepr, pythonReprArgs } from './python-repr';
import { compress } from './serialization/compression';
import type { CompressionName, ContentProtection, SerializerName } from './serialization/index';
import { serialize } from './serialization/serializers';
import type { Signature } from './signature';
import type { TaskOptions } from './task-options';

/** What runs next, third part of a task message's body. `chain` is in reverse: its last element is the next step. */
export interface Embed {
  readonly callbacks: readonly Signature[] | null;
  readonly errbacks: readonly Signature[] | null;
  readonly chain: readonly Signature[] | null;
  readonly chord: Signature | null;
}

/** `[args, kwargs, embed]`: exactly three, or a Python worker dies of it. */
export type TaskBody = readonly [readonly unknown[], Readonly<Record<string, unknown>>, Embed];

/** A protocol v2 task message before it is written to bytes. */
export interface TaskMessage {
  readonly headers: HeaderTable;
  readonly properties: MessageProperties;
  readonly body: TaskBody;
}

/** The call itself. */
export interface TaskCall {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What the sending process adds. */
export interface SendContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** `gen<pid>@<host>`, see `anonNodename`. */
  readonly origin: string;
  /** Where results go when the options do not say; `''` for nowhere. */
  readonly replyTo: string;
}

/** What celery-node's `asTaskV2` makes: three headers, two properties. */
export interface BaseTaskMessage {
  readonly headers: object;
  readonly properties: object;
  readonly body: unknown;
}

// One literal each for headers and properties: spreading objects of this size costs more than all the rest of a submit.
const headersOf = (
  lang: HeaderValue,
  task: TaskCall,
  options: TaskOptions,
  context: SendContext,
  times: TaskTimes,
): HeaderTable => ({
  lang,
  task: task.name,
  id: task.id,
  shadow: options.shadow ?? null,
  eta: times.eta,
  expires: times.expires,
  group: options.groupId ?? null,
  group_index: options.groupIndex ?? null,
  retries: options.retries ?? 0,
  timelimit: [options.timeLimitSeconds ?? null, options.softTimeLimitSeconds ?? null],
  root_id: options.rootId || task.id,
  parent_id: options.parentId ?? null,
  argsrepr: options.argsrepr ?? pythonReprArgs(task.args),
  kwargsrepr: options.kwargsrepr ?? pythonRepr(task.kwargs),
  origin: options.origin || context.origin,
  ignore_result: options.ignoreResult ?? false,
  replaced_task_nesting: options.replacedTaskNesting ?? 0,
  stamped_headers: options.stampedHeaders ?? null,
  // Validated with the rest of the options: stamps hold what a header table can.
  stamps: (options.stamps ?? {}) as { readonly [key: string]: HeaderValue },
});

const embedOf = (options: TaskOptions): Embed => ({
  callbacks: options.link ?? null,
  errbacks: options.linkError ?? null,
  chain: options.chain ?? null,
  chord: options.chord ?? null,
});

/**
 * Completes what celery-node's `asTaskV2` made into the full v2 message a Python client would send; the base's own header
 * (`lang`) stays. Mirrors celery/app/amqp.py `as_task_v2` and celery/app/base.py `send_task`. The values were validated
 * (`validateTask`): this trusts them.
 */
export const completeTaskMessage = (
  base: BaseTaskMessage,
  task: TaskCall,
  options: TaskOptions,
  context: SendContext,
): TaskMessage => {
  const times = taskTimes(options, context.now);
  const { lang = 'js' } = base.headers as { readonly lang?: HeaderValue };
  const headers = headersOf(lang, task, options, context, times);
  return {
    headers: options.headers === undefined ? headers : { ...headers, ...options.headers },
    properties: {
      correlationId: task.id,
      replyTo: options.replyTo ?? context.replyTo,
      deliveryMode: options.deliveryMode ?? 2,
      priority: options.priority ?? 0,
      expiration: times.expiration,
    },
    body: [task.args, task.kwargs, embedOf(options)],
  };
};

/** A task message as it is published. */
export interface EncodedTaskMessage {
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

/** How a message's body is written. */
export interface TaskEncoding {
  readonly serializer: SerializerName;
  readonly compression?: CompressionName | undefined;
  /** Smaller bodies are not compressed; default 0. */
  readonly compressionMinBytes?: number | undefined;
  /** Signs or encrypts the body. What is hidden is not compressed: its size would tell of it. */
  readonly protection?: ContentProtection | undefined;
}

/**
 * Writes the body and completes the properties: content type and encoding, headers with `compression` where there is one
 * (kombu/messaging.py `_prepare`).
 * @throws ContentError when the body cannot be written or this Node lacks the compression.
 */
export const encodeTaskMessage = (message: TaskMessage, encoding: TaskEncoding): EncodedTaskMessage => {
  const { properties } = message;
  const { protection, compression, compressionMinBytes = 0 } = encoding;
  const plain = serialize(message.body, encoding.serializer);
  const { id, task } = message.headers;
  const serialized = protection?.protect(plain, { use: 'task', id: String(id), name: String(task) }) ?? plain;
  const compresses = !protection?.hides && serialized.content.length >= compressionMinBytes;
  const compressed =
    compression === undefined || !compresses ? undefined : compress(serialized.content, compression);
  return {
    content: compressed?.content ?? serialized.content,
    properties: {
      correlationId: properties.correlationId,
      replyTo: properties.replyTo,
      deliveryMode: properties.deliveryMode,
      priority: properties.priority,
      expiration: properties.expiration,
      messageId: properties.messageId,
      timestamp: properties.timestamp,
      type: properties.type,
      userId: properties.userId,
      appId: properties.appId,
      contentType: serialized.contentType,
      contentEncoding: serialized.contentEncoding,
      headers: compressed ? { ...message.headers, compression: compressed.header } : message.headers,
    },
  };
};
