import { isUtf8 } from 'node:buffer';
import { decode, encode } from '@msgpack/msgpack';
import { parse, stringify } from 'yaml';
import { ContentError } from './content-error';
import { DEFAULT_MAX_DEPTH, parseJson, stringifyJson } from './json';

/** Serializers a task or a result can be written with. Pickle runs code on reading and is neither written nor read. */
export type SerializerName = 'json' | 'msgpack' | 'yaml';

/** A value as bytes, with the two properties that say how to read it. */
export interface SerializedContent {
  readonly content: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
}

interface Serializer {
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly write: (value: unknown) => Buffer;
  readonly read: (content: Buffer, maxDepth: number) => unknown;
}

/** PyYAML speaks YAML 1.1, where a bare `yes` or `12:30` is no string: every string is quoted. */
const YAML_WRITE = {
  schema: 'core',
  aliasDuplicateObjects: false,
  defaultStringType: 'QUOTE_DOUBLE',
} as const;
const YAML_READ = { schema: 'core', maxAliasCount: 100, intAsBigInt: true } as const;

const utf8 = (content: Buffer): string => {
  if (!isUtf8(content)) throw new ContentError('decode_failed', 'the text is not UTF-8');
  return content.toString('utf8');
};

/** kombu/serialization.py: names, types and encodings of its registry. */
const SERIALIZERS: Readonly<Record<SerializerName, Serializer>> = {
  json: {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    write: (value) => Buffer.from(stringifyJson(value), 'utf8'),
    read: parseJson,
  },
  msgpack: {
    contentType: 'application/x-msgpack',
    contentEncoding: 'binary',
    write: (value) => Buffer.from(encode(value, { useBigInt64: true, ignoreUndefined: true })),
    read: (content) => exactIntegers(decode(content, { useBigInt64: true })),
  },
  yaml: {
    contentType: 'application/x-yaml',
    contentEncoding: 'utf-8',
    write: (value) => Buffer.from(stringify(value, YAML_WRITE), 'utf8'),
    read: (content) => exactIntegers(parse(utf8(content), YAML_READ)),
  },
};

const SERIALIZER_BY_TYPE: ReadonlyMap<string, Serializer> = new Map(
  Object.values(SERIALIZERS).map((serializer) => [serializer.contentType, serializer]),
);

/** Content types a reader accepts unless told otherwise: JSON only, Celery's own default of `accept_content`. */
export const DEFAULT_ACCEPT: ReadonlySet<string> = new Set(['application/json']);

/** The content type a serializer writes. */
export const contentTypeOf = (name: SerializerName): string => SERIALIZERS[name].contentType;

/** msgpack's 64-bit integers come back as `bigint`; those a number holds exactly become one. In place: the value is fresh. */
function exactIntegers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date)
    return value;
  const container = value as Record<string, unknown>;
  for (const key of Object.keys(container)) container[key] = exactIntegers(container[key]);
  return container;
}

/** @throws ContentError `content_too_deep`. */
const checkDepth = (value: unknown, left: number): void => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (left === 0) throw new ContentError('content_too_deep', 'nested too deeply');
  for (const child of Object.values(value)) checkDepth(child, left - 1);
};

/**
 * Writes a value with a serializer.
 * @throws ContentError `encode_failed` or `content_too_deep`.
 */
export const serialize = (value: unknown, name: SerializerName): SerializedContent => {
  const serializer = SERIALIZERS[name];
  try {
    const content = serializer.write(value);
    return { content, contentType: serializer.contentType, contentEncoding: serializer.contentEncoding };
  } catch (error) {
    if (error instanceof ContentError) throw error;
    throw new ContentError('encode_failed', `the value cannot be written as ${name}`, { cause: error });
  }
};

/**
 * Reads bytes by their content type, which must match exactly and be accepted: Celery refuses `application/json;
 * charset=utf-8` too. The content encoding says nothing these three formats do not say themselves, so it is not used.
 * @throws ContentError.
 */
export const deserialize = (
  content: Buffer,
  contentType: string | undefined,
  _contentEncoding: string | undefined,
  accept: ReadonlySet<string> = DEFAULT_ACCEPT,
  maxDepth = DEFAULT_MAX_DEPTH,
): unknown => {
  if (contentType === undefined || contentType === '') {
    throw new ContentError('content_type_missing', 'the message has no content type');
  }
  const serializer = accept.has(contentType) ? SERIALIZER_BY_TYPE.get(contentType) : undefined;
  if (serializer === undefined) {
    throw new ContentError(
      'content_type_refused',
      `content type ${contentType.slice(0, 64)} is not accepted`,
    );
  }
  if (content.length === 0) throw new ContentError('decode_failed', 'the content is empty');
  try {
    const value = serializer.read(content, maxDepth);
    if (serializer !== SERIALIZERS.json) checkDepth(value, maxDepth);
    return value;
  } catch (error) {
    if (error instanceof ContentError) throw error;
    throw new ContentError('decode_failed', `the content is not ${contentType}`, { cause: error });
  }
};
