import { isBrokerMark } from '../celery/protocol';

export { DEAD_LETTER_HEADERS, isBrokerMark } from '../celery/protocol';

/** `[times parked, exchange, routing key]`: a message on its way through the broker's delay, see `Relocation.park`. */
export const PARKED_HEADER = 'x-celery-gateway-parked';

/** How often a message was handed back for a worker that knows its task. */
export const HANDED_BACK_HEADER = 'x-celery-gateway-handed-back';

/** Those, and our own marks: what a retry, which begins a road of its own, leaves behind. */
export const isOfTheRoad = (name: string): boolean =>
  name.startsWith('x-') && (isBrokerMark(name) || name.startsWith('x-celery-gateway-'));

/** `[retries, exchange, routing key]`: a subscriber's message that waits for its next run. */
export const SUBSCRIBER_RETRY_HEADER = 'x-celery-gateway-subscriber-retry';
