import { isUtf8 } from 'node:buffer';
import { ContentError } from './content-error';
import { scanJson } from './json-scan';
import { isKombuEnvelope, openKombuEnvelope } from './kombu-envelope';
import { parsePythonJson } from './python-json';

/** Nesting read by default. Python itself fails near 1,000; what we send stays within 32 (see validate-task.ts). */
export const DEFAULT_MAX_DEPTH = 256;

/** Opens kombu's envelopes from the inside out, in place: the value is fresh from the parser and nobody else has it. */
const openEnvelopes = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const container = value as Record<string, unknown>;
  for (const key of Object.keys(container)) {
    const child = container[key];
    if (typeof child === 'object' && child !== null && key !== '__proto__')
      container[key] = openEnvelopes(child);
  }
  return isKombuEnvelope(container) ? openKombuEnvelope(container.__type__, container.__value__) : container;
};

/**
 * Reads JSON as any Celery from 5.2 to 5.7 writes it: kombu's envelopes, `NaN`, `Infinity`, integers beyond 2^53 (→ `bigint`).
 * Plain text goes through `JSON.parse`. Strict UTF-8, bounded depth.
 * @throws ContentError `decode_failed` or `content_too_deep`.
 */
export const parseJson = (content: Buffer, maxDepth = DEFAULT_MAX_DEPTH): unknown => {
  if (!isUtf8(content)) throw new ContentError('decode_failed', 'the text is not UTF-8');
  const scan = scanJson(content);
  if (scan.depth > maxDepth)
    throw new ContentError('content_too_deep', `nested deeper than ${maxDepth} levels`);
  const text = content.toString('utf8');
  try {
    const value: unknown = scan.exotic ? parsePythonJson(text) : JSON.parse(text);
    return text.includes('"__type__"') ? openEnvelopes(value) : value;
  } catch (error) {
    if (error instanceof ContentError) throw error;
    throw new ContentError('decode_failed', 'the text is not JSON', { cause: error });
  }
};

const MAX_WRITE_DEPTH = 512;

/**
 * JSON would write these as `{}`, without a word of what they hold.
 * @throws ContentError
 */
export const refuseCollection = (value: object): void => {
  if (value instanceof Map || value instanceof Set)
    throw new ContentError(
      'encode_failed',
      `Object of type ${value.constructor.name} is not JSON serializable`,
    );
};

/** True when `JSON.stringify` writes the value as Python would: no bigint, no bytes, nothing infinite, not too deep. */
const isPlain = (value: unknown, depth: number): boolean => {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'bigint') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof Uint8Array) return false;
  if (depth > MAX_WRITE_DEPTH)
    throw new ContentError('content_too_deep', `nested deeper than ${MAX_WRITE_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  let empty = true;
  for (const key in value) {
    empty = false;
    if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  // Only what has no members of its own can be one: looked at last, it costs the usual results nothing.
  if (empty && !('toJSON' in value)) refuseCollection(value);
  return true;
};

/** `JSON.stringify` answers undefined for what JSON has no word for; its types do not say so. */
const text = (value: unknown): string => (JSON.stringify(value) as string | undefined) ?? 'null';

const members = (object: object, depth: number): string[] =>
  Object.entries(object)
    .filter(([, value]) => value !== undefined && typeof value !== 'function' && typeof value !== 'symbol')
    .map(([key, value]) => `${JSON.stringify(key)}:${write(value, depth)}`);

const write = (value: unknown, depth: number): string => {
  if (depth > MAX_WRITE_DEPTH)
    throw new ContentError('content_too_deep', `nested deeper than ${MAX_WRITE_DEPTH} levels`);
  if (typeof value === 'number')
    return JSON.stringify(value) === 'null' ? String(value) : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (typeof value !== 'object' || value === null) return text(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  refuseCollection(value);
  return `{${members(value, depth + 1).join(',')}}`;
};

/**
 * Writes plain JSON that every Celery reads: no envelopes (kombu ≤ 5.2 would hand them to the task as dicts). Dates become
 * ISO text, bytes base64 text, a `bigint` an integer of any size, NaN and infinities Python's words for them.
 * @throws ContentError for a cycle, a depth beyond 512, a Map or a Set.
 */
export const stringifyJson = (value: unknown): string => (isPlain(value, 0) ? text(value) : write(value, 0));
