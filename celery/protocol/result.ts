import { ContentError } from './serialization/content-error';
import type { ContentProtection } from './serialization/protection';
import {
  DEFAULT_ACCEPT,
  deserialize,
  type SerializedContent,
  type SerializerName,
  serialize,
} from './serialization/serializers';

/** What a result backend holds of one task (celery/backends/base.py `_get_result_meta`). */
export interface TaskMeta {
  /** A `TaskState`, or any name a task reported with `update_state`. */
  readonly status: string;
  /** The return value; an encoded exception when the state is FAILURE, RETRY or REVOKED; a custom state's own data. */
  readonly result: unknown;
  readonly traceback: string | null;
  /** Result tuples of the tasks published while this one ran. */
  readonly children: readonly unknown[];
  /** ISO 8601; null while the state is not ready. */
  readonly date_done: string | null;
  readonly task_id: string;
  readonly group_id?: string | undefined;
  readonly parent_id?: string | undefined;
  /** From here on: only with `result_extended`. */
  readonly name?: string | undefined;
  readonly args?: unknown;
  readonly kwargs?: unknown;
  readonly worker?: string | undefined;
  readonly retries?: number | undefined;
  readonly queue?: string | undefined;
}

/** In Python's order, `task_id` last. Written out: one is made for each task. */
const ordered = (meta: TaskMeta): Readonly<Record<string, unknown>> => ({
  status: meta.status,
  result: meta.result ?? null,
  traceback: meta.traceback,
  children: meta.children,
  date_done: meta.date_done,
  group_id: meta.group_id,
  parent_id: meta.parent_id,
  name: meta.name,
  args: meta.args,
  kwargs: meta.kwargs,
  worker: meta.worker,
  retries: meta.retries,
  queue: meta.queue,
  task_id: meta.task_id,
});

/** JSON leaves absent fields out by itself; other serializers would write them as null. */
const present = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * Writes a result in the newest form, fields in Python's order with `task_id` last. Callers fail without `status`, `result`
 * and `task_id` (contract K6, K7), so all are always there.
 * @throws ContentError when the result cannot be written; the task then failed with an EncodeError.
 */
export const encodeTaskMeta = (
  meta: TaskMeta,
  serializer: SerializerName = 'json',
  protection?: ContentProtection,
): SerializedContent => {
  const fields = ordered(meta);
  const plain = serialize(serializer === 'json' ? fields : present(fields), serializer);
  return protection?.protect(plain, { use: 'result' }) ?? plain;
};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const textOf = (value: unknown): string | undefined => text(value) ?? undefined;

const dateDone = (value: unknown): string | null =>
  value instanceof Date ? value.toISOString() : text(value);

const extendedFields = (meta: Readonly<Record<string, unknown>>): Partial<TaskMeta> => {
  const fields: Record<string, unknown> = {};
  for (const name of ['group_id', 'parent_id', 'name', 'worker', 'queue'] as const) {
    if (textOf(meta[name]) !== undefined) fields[name] = meta[name];
  }
  if (typeof meta.retries === 'number') fields.retries = meta.retries;
  if (meta.args !== undefined) fields.args = meta.args;
  if (meta.kwargs !== undefined) fields.kwargs = meta.kwargs;
  return fields;
};

const unreadable = (detail: string): ContentError => new ContentError('decode_failed', detail);

/**
 * Reads a result of any Celery from 5.2 on: `date_done` may be missing, naive or a date envelope, `children` null.
 * @throws ContentError for content that cannot be read or is no result: it is foreign input.
 */
export const decodeTaskMeta = (
  content: Buffer,
  contentType: string | undefined,
  accept: ReadonlySet<string> = DEFAULT_ACCEPT,
  protection?: ContentProtection,
): TaskMeta => {
  const plain = protection?.recognizes(contentType)
    ? protection.unprotect(content, { use: 'result' })
    : { content, contentType };
  const value = deserialize(plain.content, plain.contentType, undefined, accept);
  if (typeof value !== 'object' || value === null) throw unreadable('the result is no object');
  const meta = value as Readonly<Record<string, unknown>>;
  const [status, taskId] = [text(meta.status), text(meta.task_id)];
  if (!status || !taskId) throw unreadable('the result has no status or no task_id');
  return {
    status,
    result: meta.result ?? null,
    traceback: text(meta.traceback),
    children: Array.isArray(meta.children) ? meta.children : [],
    date_done: dateDone(meta.date_done),
    ...extendedFields(meta),
    task_id: taskId,
  };
};
