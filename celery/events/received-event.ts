import type { CeleryEvent } from '../protocol';

/** One monitoring event as it arrived. */
export interface ReceivedEvent {
  /** `task-started`, `worker-heartbeat`, ... */
  readonly type: string;
  /** Nodename of the sender. */
  readonly hostname: string;
  /** Epoch seconds by the sender's clock. */
  readonly timestamp: number;
  /** Epoch milliseconds by our clock; while the log is replayed, the sender's timestamp. */
  readonly receivedAt: number;
  /** All fields as sent, the above included. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Celery's receivers shift `timestamp` by the time zones of both ends (celery/events/receiver.py); it is epoch time already,
 * so ours take it as it is.
 */
export const receivedEvent = (event: CeleryEvent, receivedAt: number): ReceivedEvent => ({
  type: event.type,
  hostname: event.hostname,
  timestamp: event.timestamp,
  receivedAt,
  fields: event,
});
