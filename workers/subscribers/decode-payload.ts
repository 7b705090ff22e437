import { isUtf8 } from 'node:buffer';
import type { Delivery } from '../../amqp';
import { ContentError, contentTypeOf, decompress, deserialize } from '../../celery/protocol';

const VALUES: ReadonlySet<string> = new Set([contentTypeOf('json'), contentTypeOf('msgpack')]);
/** Other names msgpack goes by. */
const MSGPACK_ALIASES: ReadonlySet<string> = new Set(['application/msgpack', 'application/vnd.msgpack']);

/**
 * The payload of a plain message by its content type, whose parameters (`; charset=utf-8`) are not looked at: JSON and msgpack
 * as values, `text/*` as a string, all else, and what has no type, as the bytes. Kombu's `compression` header is undone first.
 * @throws ContentError
 */
export function decodePayload({
  content,
  properties,
  headers,
}: Pick<Delivery, 'content' | 'properties' | 'headers'>): unknown {
  const { compression } = headers;
  const plain = typeof compression === 'string' ? decompress(content, compression) : content;
  const type = mediaType(properties.contentType ?? '');
  if (VALUES.has(type)) return deserialize(plain, type, undefined, VALUES);
  if (!type.startsWith('text/')) return plain;
  if (!isUtf8(plain)) throw new ContentError('decode_failed', 'the text is not UTF-8');
  return plain.toString('utf8');
}

function mediaType(contentType: string): string {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type.endsWith('+json')) return contentTypeOf('json');
  return MSGPACK_ALIASES.has(type) ? contentTypeOf('msgpack') : type;
}
