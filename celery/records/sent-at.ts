import type { HeaderTable, HeaderValue } from '../../amqp';

/** When the gateway sent the task, in epoch milliseconds: the property `timestamp` has whole seconds. */
const SENT_AT_HEADER = 'gateway_sent_at';

/** Notes it on a message's own headers. In place, which costs the submit path nothing: they were made for this message. */
export const noteSentAt = (headers: HeaderTable, now: number): void => {
  (headers as Record<string, HeaderValue | undefined>)[SENT_AT_HEADER] = now;
};

/** Undefined for a record that does not say. */
export const sentAt = ({ [SENT_AT_HEADER]: at }: HeaderTable): number | undefined =>
  typeof at === 'number' ? at : undefined;

/** The headers of the task itself. */
export const withoutSentAt = ({ [SENT_AT_HEADER]: _at, ...headers }: HeaderTable): HeaderTable => headers;
