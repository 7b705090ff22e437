import { ContentError, serialize } from '../../celery/protocol';
import { inputError } from '../errors';

/** How `message` is to be read. */
export type BodyEncoding = 'json' | 'text' | 'base64' | 'msgpack';

/** A body as it is published, with the properties that say how to read it. */
export interface EncodedBody {
  readonly content: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function refuse(detail: string): never {
  throw inputError('REQUEST_INVALID', 'The message is not what its encoding says.', [
    { pointer: '/message', detail },
  ]);
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : refuse('must be a string');
}

function msgpack(message: unknown): EncodedBody {
  try {
    return serialize(message, 'msgpack');
  } catch (error) {
    return refuse(error instanceof ContentError ? error.message : 'cannot be written as msgpack');
  }
}

/** @throws GatewayError REQUEST_INVALID. */
export function encodeBody(message: unknown, encoding: BodyEncoding): EncodedBody {
  switch (encoding) {
    case 'json': {
      const content = Buffer.from(JSON.stringify(message));
      return { content, contentType: 'application/json', contentEncoding: 'utf-8' };
    }
    case 'text':
      return { content: Buffer.from(textOf(message)), contentType: 'text/plain', contentEncoding: 'utf-8' };
    case 'base64': {
      const text = textOf(message);
      if (!BASE64.test(text)) refuse('is not base64');
      return {
        content: Buffer.from(text, 'base64'),
        contentType: 'application/octet-stream',
        contentEncoding: 'binary',
      };
    }
    case 'msgpack':
      return msgpack(message);
  }
}
