import { TaskError } from '../errors';
import {
  type ContentProtection,
  contentOwnerOf,
  decompress,
  type EncodedTaskMessage,
  HIDDEN_REPR,
} from '../protocol';
import type { RecordedMessage } from './recorded-messages';

/**
 * A recorded message as it was before it was signed or encrypted: a repetition has another id, to which its body is bound.
 * @throws TaskError `TASK_INVALID` for one that cannot be opened with these keys.
 */
export const openedRecord = (
  message: RecordedMessage,
  protection: ContentProtection | undefined,
): RecordedMessage => {
  if (protection === undefined) return message;
  const { contentType, contentEncoding, headers = {} } = message.properties;
  const { compression, ...others } = headers;
  try {
    const packed =
      typeof compression === 'string' ? decompress(message.content, compression) : message.content;
    const plain = protection.recognizes(contentType)
      ? protection.unprotect(packed, contentOwnerOf({ headers }))
      : { content: packed, contentType, contentEncoding };
    const { content, ...types } = plain;
    return { ...message, content, properties: { ...message.properties, ...types, headers: others } };
  } catch (cause) {
    throw new TaskError('TASK_INVALID', `the recorded message of task ${message.taskId} cannot be opened`, {
      cause,
    });
  }
};

/** A repetition, signed or encrypted as what is submitted now is. */
export const protectedReplay = (
  encoded: EncodedTaskMessage,
  protection: ContentProtection | undefined,
): EncodedTaskMessage => {
  if (protection === undefined) return encoded;
  const { contentType = '', contentEncoding = 'utf-8', headers = {} } = encoded.properties;
  const { content, ...types } = protection.protect(
    { content: encoded.content, contentType, contentEncoding },
    contentOwnerOf({ headers }),
  );
  const hidden = protection.hides ? { argsrepr: HIDDEN_REPR, kwargsrepr: HIDDEN_REPR } : {};
  return { content, properties: { ...encoded.properties, ...types, headers: { ...headers, ...hidden } } };
};
