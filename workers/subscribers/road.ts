import { copyOf, type Delivery, type HeaderTable, type MessageCopy } from '../../amqp';
import { DEAD_LETTER_HEADERS, isBrokerMark, SUBSCRIBER_RETRY_HEADER } from '../road-headers';

/** Where a message was first sent to, and how often it ran before. */
export interface Road {
  readonly retries: number;
  readonly exchange: string;
  readonly routingKey: string;
}

/** A retry comes through the default exchange; its mark tells of the road before. A mark that is none of ours counts as none. */
export function roadOf({
  headers,
  exchange,
  routingKey,
}: Pick<Delivery, 'headers' | 'exchange' | 'routingKey'>): Road {
  const mark = headers[SUBSCRIBER_RETRY_HEADER];
  const [retries, from, key]: readonly unknown[] = Array.isArray(mark) ? mark : [];
  const isMark = Number.isSafeInteger(retries) && typeof from === 'string' && typeof key === 'string';
  if (!isMark) return { retries: 0, exchange, routingKey };
  return { retries: Math.max(0, retries as number), exchange: from, routingKey: key };
}

export const retryCopy = (delivery: Delivery, road: Road): MessageCopy =>
  remarked(delivery, { [SUBSCRIBER_RETRY_HEADER]: [road.retries + 1, road.exchange, road.routingKey] });

/** A header is one short line. */
const MAX_DETAIL = 500;

/** With the reason as the gateway shows it; replayed it begins anew, so the retries are left behind. */
export const deadLetterCopy = (
  delivery: Delivery,
  road: Road,
  { reason, detail, now }: { readonly reason: string; readonly detail: string; readonly now: number },
): MessageCopy =>
  remarked(delivery, {
    [DEAD_LETTER_HEADERS.at]: Math.floor(now / 1000),
    [DEAD_LETTER_HEADERS.reason]: reason,
    [DEAD_LETTER_HEADERS.detail]: shortened(detail),
    [DEAD_LETTER_HEADERS.queue]: delivery.queue,
    [DEAD_LETTER_HEADERS.exchange]: road.exchange,
    [DEAD_LETTER_HEADERS.routingKey]: road.routingKey,
  });

/** Half a surrogate pair is no text for AMQP: by way of UTF-8 it becomes U+FFFD. */
const shortened = (text: string): string => Buffer.from(text.slice(0, MAX_DETAIL)).toString();

/** Not its `expiration`: it would end the wait early, or the dead letter. */
function remarked(delivery: Delivery, marks: HeaderTable): MessageCopy {
  const { content, properties } = copyOf(delivery);
  const kept = Object.entries(properties.headers ?? {}).filter(
    ([name]) => !isBrokerMark(name) && name !== SUBSCRIBER_RETRY_HEADER,
  );
  return {
    content,
    properties: { ...properties, expiration: undefined, headers: { ...Object.fromEntries(kept), ...marks } },
  };
}
