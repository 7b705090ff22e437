import type { HeaderTable, HeaderValue, PeekedMessage } from '../../amqp';
import {
  type ContentProtection,
  contentOwnerOf,
  contentTypeOf,
  decompress,
  deserialize,
  readTaskMessage,
  type SerializedContent,
  type TaskRequest,
} from '../../celery/protocol';
import { type DeadLetterMark, deadLetterMark } from './dead-letter-mark';

/** A body in a form JSON can hold. */
export interface ReadPayload {
  readonly encoding: 'json' | 'text' | 'base64';
  readonly value: unknown;
  readonly bytes: number;
  /** Only the beginning is shown. */
  readonly truncated: boolean;
}

/** A message of a queue, decoded as far as it can be. */
export interface ReadMessage {
  readonly message: PeekedMessage;
  readonly payload: ReadPayload;
  /** Present where it is a task a Celery worker could read. */
  readonly task: TaskRequest | undefined;
  /** Why it is none, though it says it is one. */
  readonly malformed: { readonly reason: string; readonly detail: string } | undefined;
  readonly deadLetter: DeadLetterMark | undefined;
}

const TEXT_ACCEPT: ReadonlySet<string> = new Set(
  (['json', 'msgpack', 'yaml'] as const).map((name) => contentTypeOf(name)),
);

const TEXTUAL = /^(text\/|application\/(.+\+xml|json|xml|x-www-form-urlencoded|x-ndjson))/;

/** A header or body value as JSON can hold it. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
}

/** Without parameters such as `; charset=utf-8`; types built on JSON are JSON. */
function plainType(contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type?.endsWith('+json') === true ? 'application/json' : type;
}

/** What is in a body that was compressed or signed. What is encrypted is not shown. */
function insideOf(
  { content, properties, headers }: PeekedMessage,
  maxBytes: number,
  protection: ContentProtection | undefined,
): Pick<SerializedContent, 'content'> & Partial<SerializedContent> {
  const { contentType, contentEncoding } = properties;
  const asItIs = {
    content,
    ...(contentType && { contentType }),
    ...(contentEncoding && { contentEncoding }),
  };
  try {
    const { compression } = headers;
    const plain = typeof compression === 'string' ? decompress(content, compression, maxBytes) : content;
    if (protection === undefined || protection.hides || !protection.recognizes(contentType))
      return { ...asItIs, content: plain };
    return protection.unprotect(plain, contentOwnerOf({ headers }));
  } catch {
    return asItIs;
  }
}

function payloadOf(
  message: PeekedMessage,
  maxBytes: number,
  protection: ContentProtection | undefined,
): ReadPayload {
  const bytes = message.content.length;
  if (bytes > maxBytes) {
    const value = message.content.subarray(0, maxBytes).toString('base64');
    return { encoding: 'base64', value, bytes, truncated: true };
  }
  const { content, contentType, contentEncoding } = insideOf(message, maxBytes, protection);
  try {
    const value = deserialize(content, plainType(contentType), contentEncoding, TEXT_ACCEPT);
    return { encoding: 'json', value: plainValue(value), bytes, truncated: false };
  } catch {
    const text = content.toString('utf8');
    const textual = TEXTUAL.test(contentType ?? '') && Buffer.from(text).equals(content);
    return textual
      ? { encoding: 'text', value: text, bytes, truncated: false }
      : { encoding: 'base64', value: content.toString('base64'), bytes, truncated: false };
  }
}

/** Whether a message claims to be a task, in protocol v2. */
export const claimsTask = (headers: HeaderTable): boolean => headers.task !== undefined;

/**
 * Decodes a message, as the workers of this fleet would; never throws.
 * @param maxPayloadBytes how much of a body is shown. @param protection what signs or encrypts bodies here, if anything does.
 */
export function readMessage(
  message: PeekedMessage,
  maxPayloadBytes: number,
  protection: ContentProtection | undefined,
): ReadMessage {
  const read = readTaskMessage(message, { accept: TEXT_ACCEPT, protection });
  const malformed = read.kind === 'malformed' && claimsTask(message.headers);
  return {
    message,
    payload: payloadOf(message, maxPayloadBytes, protection),
    task: read.kind === 'task' ? read.request : undefined,
    malformed: malformed ? { reason: read.reason, detail: read.detail } : undefined,
    deadLetter: deadLetterMark(message.headers),
  };
}

const text = (value: HeaderValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** By what a message is asked for: the task id, else the message id, else the correlation id. */
export function idOf({
  headers,
  properties,
}: Pick<PeekedMessage, 'headers' | 'properties'>): string | undefined {
  return text(headers.id) ?? text(properties.messageId) ?? text(properties.correlationId);
}
