import type { Channel } from '../../amqp';
import {
  type AmqpConnection,
  type AmqpLogger,
  closeChannel,
  encodeHeaders,
  toRabbitMQError,
} from '../../amqp';
import {
  BATCH_ROUTING_KEY,
  buildEvent,
  CELERY_EXCHANGES,
  type CeleryEvent,
  eventGroup,
  eventRoutingKey,
  type LamportClock,
  serialize,
} from '../protocol';
import { EventBuffer } from './event-buffer';

export interface EventDispatcherOptions {
  /** The connection events are published on, over a channel of their own. */
  readonly connection: AmqpConnection;
  readonly nodename: string;
  readonly clock: LamportClock;
  /** Event groups sent: `worker`, `task`; absent or empty means all (Celery's `-E`). */
  readonly groups?: readonly string[] | undefined;
  /** Most events kept while offline; the oldest are dropped. Default 10000. */
  readonly maxBuffered?: number | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
  /** Process id in the events. Default `process.pid`. */
  readonly pid?: number | undefined;
}

const DEFAULT_MAX_BUFFERED = 10_000;
/** Task events of one loop turn share a message, of at most this many (celery/events/dispatcher.py `buffer_limit`). */
const BATCH_LIMIT = 24;
const CHANNEL_RETRY_MS = 1000;

/**
 * Sends monitoring events: transient, unconfirmed, never awaited, so that a task's way does not depend on who watches.
 * While the broker is away they are kept, up to a limit. Mirrors celery/events/dispatcher.py `EventDispatcher`.
 */
export class EventDispatcher {
  readonly #options: EventDispatcherOptions;
  readonly #groups: Set<string>;
  readonly #buffer: EventBuffer;
  readonly #now: () => number;
  readonly #pid: number;
  readonly #headers: Record<string, unknown>;
  readonly #onConnected = (): void => this.#openChannel();
  #channel: Channel | undefined;
  #opening: boolean = false;
  #retry: NodeJS.Timeout | undefined;
  #flushing: NodeJS.Immediate | undefined;
  #running: boolean = false;

  constructor(options: EventDispatcherOptions) {
    this.#options = options;
    this.#groups = new Set(options.groups);
    this.#now = options.now ?? Date.now;
    this.#pid = options.pid ?? process.pid;
    this.#buffer = new EventBuffer(options.maxBuffered ?? DEFAULT_MAX_BUFFERED);
    this.#headers = encodeHeaders({ hostname: options.nodename });
  }

  /** Events dropped so far because the broker was away for too long. */
  get dropped(): number {
    return this.#buffer.dropped;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { connection } = this.#options;
    connection.on('connected', this.#onConnected);
    if (connection.state === 'connected') this.#openChannel();
  }

  /** Sends what is waiting, then closes the channel. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    clearTimeout(this.#retry);
    clearImmediate(this.#flushing);
    this.#options.connection.off('connected', this.#onConnected);
    this.#flush();
    const channel = this.#channel;
    this.#channel = undefined;
    if (channel !== undefined) await closeChannel(channel);
  }

  /** Whether events of this group are sent. */
  enabled(group: string): boolean {
    return this.#groups.size === 0 || this.#groups.has(group);
  }

  /** @returns false where the group was on already. */
  enableGroup(group: string): boolean {
    if (this.enabled(group)) return false;
    this.#groups.add(group);
    return true;
  }

  /** @returns false where the group was off already, or all groups are on for good (`-E`). */
  disableGroup(group: string): boolean {
    return this.#groups.delete(group);
  }

  /** Sends an event, now or with the others of this loop turn. It returns at once and never throws. */
  send(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const group = eventGroup(type);
    if (!this.enabled(group)) return;
    const now = this.#now();
    const event = buildEvent(type, fields, {
      hostname: this.#options.nodename,
      pid: this.#pid,
      clock: this.#options.clock.forward(),
      now,
      timezoneOffsetMinutes: new Date(now).getTimezoneOffset(),
    });
    this.#buffer.push(event);
    // worker-* events go at once: worker-offline is followed by the end of the process.
    if (group !== 'task' || this.#buffer.size >= BATCH_LIMIT) this.#flush();
    else this.#flushing ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    while (this.#channel !== undefined && this.#buffer.size > 0)
      this.#publish(this.#buffer.take(BATCH_LIMIT));
  }

  #publish(events: readonly CeleryEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    const batch = eventGroup(first.type) === 'task';
    try {
      const { content, contentType, contentEncoding } = serialize(batch ? events : first, 'json');
      const routingKey = batch ? BATCH_ROUTING_KEY : eventRoutingKey(first.type);
      const written = this.#channel?.publish(CELERY_EXCHANGES.events.name, routingKey, content, {
        contentType,
        contentEncoding,
        deliveryMode: 1,
        priority: 0,
        headers: this.#headers,
      });
      if (written === false) this.#waitForDrain();
    } catch (error) {
      this.#options.logger.warn('an event could not be sent', { type: first.type, error });
    }
  }

  /** amqplib would queue without limit behind a slow or blocked socket; our own buffer has one. */
  #waitForDrain(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.once('drain', () => {
      if (!this.#running) return;
      this.#channel = channel;
      this.#flush();
    });
  }

  #openChannel(): void {
    if (this.#opening || !this.#running) return;
    this.#opening = true;
    this.#declare()
      .then(
        (channel) => this.#use(channel),
        (error: unknown) => this.#retryLater(error),
      )
      .finally(() => {
        this.#opening = false;
      });
  }

  async #declare(): Promise<Channel> {
    const channel = await this.#options.connection.openChannel();
    const { name, type, durable } = CELERY_EXCHANGES.events;
    await channel.assertExchange(name, type, { durable });
    return channel;
  }

  #use(channel: Channel): void {
    this.#channel = channel;
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined;
      this.#retryLater(undefined);
    });
    this.#flush();
  }

  #retryLater(error: unknown): void {
    const { connection, logger } = this.#options;
    if (error !== undefined) logger.debug('no channel for events', { error: toRabbitMQError(error) });
    // With the connection gone, its return is the sign; else it was the channel alone.
    if (!this.#running || connection.state !== 'connected') return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#openChannel(), CHANNEL_RETRY_MS);
  }
}
