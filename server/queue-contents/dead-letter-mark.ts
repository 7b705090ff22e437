import type { HeaderTable, HeaderValue } from '../../amqp';
import { DEAD_LETTER_HEADERS, REPLAY_COUNT_HEADER } from '../../celery/protocol';

/** Why and from where a message was dead-lettered. */
export interface DeadLetterMark {
  /** RabbitMQ's `rejected`, `expired`, `maxlen`, `delivery_limit`; or our worker's own, such as `decode_failed`. */
  readonly reason: string;
  readonly detail: string | null;
  /** Where it was before. */
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly routingKeys: readonly string[];
  /** How often it died of this in that queue. */
  readonly count: number;
  /** Epoch milliseconds, of the last time. */
  readonly at: number | null;
  /** Where it died first, when it died in several queues. */
  readonly firstQueue: string | null;
  readonly firstReason: string | null;
  /** The time to live it had, in milliseconds; the broker takes it off. */
  readonly originalExpirationMs: number | null;
  readonly replayCount: number;
}

const text = (value: HeaderValue | undefined): string | null => (typeof value === 'string' ? value : null);

const whole = (value: HeaderValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const isTable = (value: HeaderValue | undefined): value is HeaderTable =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Buffer.isBuffer(value) &&
  !(value instanceof Date);

/** How often a message was replayed; anybody may have written the header. */
export const replayCount = (headers: HeaderTable): number => whole(headers[REPLAY_COUNT_HEADER]) ?? 0;

/** `x-death`, most recent first, as the broker keeps it. */
function lastDeath(headers: HeaderTable): HeaderTable | undefined {
  const deaths = headers['x-death'];
  const last: HeaderValue | undefined = Array.isArray(deaths)
    ? (deaths as readonly HeaderValue[])[0]
    : undefined;
  return isTable(last) ? last : undefined;
}

/** What our worker wrote, when it moved the message itself. */
function ownMark(headers: HeaderTable, replays: number): DeadLetterMark | undefined {
  const reason = text(headers[DEAD_LETTER_HEADERS.reason]);
  if (reason === null) return undefined;
  const routingKey = text(headers[DEAD_LETTER_HEADERS.routingKey]);
  const at = whole(headers[DEAD_LETTER_HEADERS.at]);
  return {
    reason,
    detail: text(headers[DEAD_LETTER_HEADERS.detail]),
    queue: text(headers[DEAD_LETTER_HEADERS.queue]),
    exchange: text(headers[DEAD_LETTER_HEADERS.exchange]),
    routingKeys: routingKey === null ? [] : [routingKey],
    count: 1,
    at: at === null ? null : at * 1000,
    firstQueue: null,
    firstReason: null,
    originalExpirationMs: null,
    replayCount: replays,
  };
}

function brokersMark(headers: HeaderTable, death: HeaderTable, replays: number): DeadLetterMark {
  const keys = death['routing-keys'];
  const expiration = Number(text(death['original-expiration']) ?? Number.NaN);
  return {
    reason: text(death.reason) ?? 'unknown',
    detail: null,
    queue: text(death.queue),
    exchange: text(death.exchange),
    routingKeys: Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [],
    count: whole(death.count) ?? 1,
    at: death.time instanceof Date ? death.time.getTime() : null,
    firstQueue: text(headers['x-first-death-queue']),
    firstReason: text(headers['x-first-death-reason']),
    originalExpirationMs: Number.isSafeInteger(expiration) ? expiration : null,
    replayCount: replays,
  };
}

/**
 * The death of a message, if it died. Our worker's reason wins where both are there: a message it refused may have been
 * dead-lettered again, by the age limit of the dead-letter queue.
 */
export function deadLetterMark(headers: HeaderTable): DeadLetterMark | undefined {
  const replays = replayCount(headers);
  const own = ownMark(headers, replays);
  if (own !== undefined) return own;
  const death = lastDeath(headers);
  return death === undefined ? undefined : brokersMark(headers, death, replays);
}
