import { ContentError } from './serialization/content-error';
import { deserializeControl } from './serialization/control-content';
import type { ContentProtection } from './serialization/protection';

/** Events Celery's workers and clients send (celery/events, contract 6.2); tasks may send others. */
export type EventType =
  | 'task-sent'
  | 'task-received'
  | 'task-started'
  | 'task-succeeded'
  | 'task-failed'
  | 'task-retried'
  | 'task-revoked'
  | 'task-rejected'
  | 'task-cancelled'
  | 'worker-online'
  | 'worker-heartbeat'
  | 'worker-offline';

/** An event's body: the six fields of every event, and its own. */
export interface CeleryEvent {
  readonly type: string;
  /** Nodename of the sender. */
  readonly hostname: string;
  /** Epoch seconds, with fractions. */
  readonly timestamp: number;
  /** Whole hours WEST of UTC: receivers shift timestamps by it. */
  readonly utcoffset: number;
  readonly pid: number;
  readonly clock: number;
  readonly [field: string]: unknown;
}

/** Who sends, and when. */
export interface EventContext {
  readonly hostname: string;
  readonly pid: number;
  /** Already forwarded Lamport clock. */
  readonly clock: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** As `Date.prototype.getTimezoneOffset` has it: minutes west of UTC. */
  readonly timezoneOffsetMinutes: number;
}

/** Routing key of events sent in one message. */
export const BATCH_ROUTING_KEY = 'task.multi';

/** `task-received` → `task.received`; every dash becomes a dot (celery/events/dispatcher.py `publish`). */
export const eventRoutingKey = (type: string): string => type.replaceAll('-', '.');

/** `task-received` → `task` (celery/events/event.py `group_from`). */
export const eventGroup = (type: string): string => type.split('-', 1)[0] ?? type;

/** Hours west of UTC, rounded down as Python's `//` does (celery/utils/time.py `utcoffset`). */
export const utcOffsetHours = (timezoneOffsetMinutes: number): number =>
  Math.floor(timezoneOffsetMinutes / 60) + 0;

/** An event with the six common fields, in Python's order: own fields between, `timestamp` and `type` last. */
export const buildEvent = (
  type: EventType | (string & {}),
  fields: Readonly<Record<string, unknown>>,
  context: EventContext,
): CeleryEvent => ({
  hostname: context.hostname,
  utcoffset: utcOffsetHours(context.timezoneOffsetMinutes),
  pid: context.pid,
  clock: context.clock,
  ...fields,
  timestamp: context.now / 1000,
  type,
});

const isEvent = (value: unknown): value is CeleryEvent => {
  if (typeof value !== 'object' || value === null) return false;
  const { type, hostname, timestamp } = value as Readonly<Record<string, unknown>>;
  return typeof type === 'string' && typeof hostname === 'string' && typeof timestamp === 'number';
};

const completed = (event: CeleryEvent): CeleryEvent => ({
  ...event,
  utcoffset: typeof event.utcoffset === 'number' ? event.utcoffset : 0,
  pid: typeof event.pid === 'number' ? event.pid : 0,
  clock: typeof event.clock === 'number' ? event.clock : 0,
});

/** Reads an event message: one event, or a batch of them. What is no event is left out; reading never throws. */
export const readEvents = (
  content: Buffer,
  contentType: string | undefined,
  protection?: ContentProtection,
): readonly CeleryEvent[] => {
  try {
    const body = deserializeControl(content, contentType, protection);
    const events: readonly unknown[] = Array.isArray(body) ? body : [body];
    return events.filter(isEvent).map(completed);
  } catch (error) {
    if (error instanceof ContentError) return [];
    throw error;
  }
};
