import type { MessageProperties } from '../../amqp';

const FORGET_TYPE = 'celery-gateway.forget';

/**
 * The message that makes every reader of a log forget a task's result: entries of a stream cannot be taken out, so the mark
 * follows them, and counts for replicas and restarts alike.
 */
export const forgetMark = (
  taskId: string,
): { readonly content: Buffer; readonly properties: MessageProperties } => ({
  content: Buffer.alloc(0),
  properties: { type: FORGET_TYPE, messageId: taskId, deliveryMode: 2 },
});

/** The task whose result a message asks to forget; undefined for any other message. */
export const forgottenTask = ({ type, messageId }: MessageProperties): string | undefined =>
  type === FORGET_TYPE ? messageId : undefined;
