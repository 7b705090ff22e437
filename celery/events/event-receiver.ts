import { randomUUID } from 'node:crypto';
import type { AmqpConnection, AmqpLogger } from '../../amqp';
import {
  CELERY_EXCHANGES,
  type ContentProtection,
  eventQueue,
  type LamportClock,
  readEvents,
} from '../protocol';
import { type LogEntry, type LogTopology, StreamLog, type StreamLogStatus } from '../streams';
import { type ReceivedEvent, receivedEvent } from './received-event';

export interface EventReceiverOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  readonly clock?: LamportClock | undefined;
  /** The durable event log. Default `celery-gateway.events`. */
  readonly streamName?: string | undefined;
  /** How long events are kept and replayed, in seconds. Default 3600. */
  readonly maxAgeSeconds?: number | undefined;
  /** Size of the stream at which the oldest go before their time, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  /** False reads an exclusive queue, as Celery's own monitors do. Default true. */
  readonly streams?: boolean | undefined;
  readonly onEvent: (event: ReceivedEvent, source: EventSource) => void;
  /** Called each time receiving begins: broadcast `heartbeat` here, so that silent workers show up at once. */
  readonly onReceiving?: (() => void) | undefined;
  /** What reads signed events, where the fleet signs. */
  readonly protection?: ContentProtection | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** Where an event was read. */
export interface EventSource {
  /** The stream's offset; undefined where no stream is read. */
  readonly offset: number | undefined;
  /** Which of the events that share a message. */
  readonly index: number;
  /** From before this process. */
  readonly replayed: boolean;
}

const DEFAULT_STREAM = 'celery-gateway.events';
const DEFAULT_MAX_AGE_SECONDS = 3600;

/**
 * Monitoring events of all workers and clients of the vhost, from a stream bound to `celeryev`: a start replays what was
 * sent while nobody listened. Mirrors celery/events/receiver.py `EventReceiver`.
 */
export class EventReceiver {
  readonly #options: EventReceiverOptions;
  readonly #log: StreamLog;
  readonly #now: () => number;

  constructor(options: EventReceiverOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { queue } = eventQueue(randomUUID());
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName: options.streamName ?? DEFAULT_STREAM,
      maxAgeSeconds: options.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS,
      maxStreamBytes: options.maxStreamBytes,
      bindings: [{ exchange: CELERY_EXCHANGES.events, routingKey: '#' }],
      fallback: { name: queue.name, exclusive: true, arguments: queue.arguments },
      streams: options.streams,
      onEntry: (entry) => this.#onEntry(entry),
      onConsuming: options.onReceiving,
      logger: options.logger,
      now: options.now,
    });
  }

  get status(): StreamLogStatus {
    return this.#log.status;
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  #onEntry({ delivery, offset, replayed }: LogEntry): void {
    const { clock, protection, onEvent } = this.#options;
    const now = this.#now();
    const events = readEvents(delivery.content, delivery.properties.contentType, protection);
    for (const [index, event] of events.entries()) {
      clock?.adjust(event.clock);
      // A replayed heartbeat must not bring the dead back to life.
      const receivedAt = replayed ? Math.min(now, event.timestamp * 1000) : now;
      onEvent(receivedEvent(event, receivedAt), { offset, index, replayed });
    }
  }
}
