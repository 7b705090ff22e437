import { ContentError } from './content-error';
import type { ContentProtection } from './protection';
import { DEFAULT_ACCEPT, deserialize, type SerializedContent, serialize } from './serializers';

const OWNER = { use: 'control' } as const;

/** What signs remote control and events: encryption leaves them plain, as they hold none of what it hides. */
const signing = (protection: ContentProtection | undefined): ContentProtection | undefined =>
  protection?.hides === false ? protection : undefined;

/** Of remote control requests and replies: signed where the fleet signs, else a worker of Celery's `setup_security` refuses it. */
export const serializeControl = (
  value: unknown,
  protection: ContentProtection | undefined,
): SerializedContent => {
  const plain = serialize(value, 'json');
  return signing(protection)?.protect(plain, OWNER) ?? plain;
};

/**
 * Of remote control and events, plain or signed.
 * @param required whether what is not signed is refused where the fleet signs: a request, which makes a worker do something.
 * @throws ContentError
 */
export const deserializeControl = (
  content: Buffer,
  contentType: string | undefined,
  protection: ContentProtection | undefined,
  required = false,
): unknown => {
  const signed = signing(protection);
  if (signed?.recognizes(contentType) === true) {
    const plain = signed.unprotect(content, OWNER);
    return deserialize(plain.content, plain.contentType, plain.contentEncoding, DEFAULT_ACCEPT);
  }
  if (required && signed?.required === true)
    throw new ContentError('protection_failed', 'the request is not signed');
  return deserialize(content, contentType, undefined, DEFAULT_ACCEPT);
};
