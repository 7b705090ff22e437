import { randomUUID } from 'node:crypto';
import { type AmqpConnection, type AmqpLogger, type ConfirmPublisher, ConnectionError } from '../../amqp';
import { type Keyed, type KeyedEntry, KeyedState } from './keyed-state';
import type { LogTopology } from './log-queue';
import { type LogEntry, StreamLog, type StreamLogStatus } from './stream-log';

export interface KeyedLogOptions<V> {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly streamName: string;
  /** Entries older than this may be dropped by the broker; those that still hold are written again long before. */
  readonly maxAgeSeconds: number;
  /** What a stored value is; undefined for what nobody can read (anyone may publish to a stream). */
  readonly read: (json: unknown) => V | undefined;
  /** Called for each write that counted, in the order of the log. */
  readonly onChange?: ((key: string, value: V | undefined, replayed: boolean) => void) | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** A write and whether it counted. */
type Settle = (counted: boolean) => void;

/** Longest wait for an entry of our own to come back from the stream. */
const READ_BACK_MS = 5000;
/** Entries are written again at this share of their life: the broker drops whole segments, and clocks differ. */
const REFRESH_SHARE = 0.25;
/** How often their age is looked at, as a share of their life. */
const LOOK_SHARE = 0.02;
const ENTRY_TYPE = 'celery-gateway.keyed';

/**
 * Keys and values that every gateway of the vhost agrees on and that survive restarts, without a database: a stream of
 * conditional writes, read by all in the same order. {@link KeyedState} says which writes count.
 */
export class KeyedLog<V> {
  readonly #options: KeyedLogOptions<V>;
  readonly #log: StreamLog;
  readonly #state = new KeyedState<V>();
  /** When the entry of each key was written, epoch milliseconds. */
  readonly #writtenAt = new Map<string, number>();
  readonly #pending = new Map<string, Settle>();
  readonly #now: () => number;
  #refreshing: NodeJS.Timeout | undefined;

  constructor(options: KeyedLogOptions<V>) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName: options.streamName,
      maxAgeSeconds: options.maxAgeSeconds,
      fromFirst: true,
      onEntry: (entry) => this.#onEntry(entry),
      logger: options.logger,
      now: options.now,
    });
  }

  /** `none` and ready: the broker gives no streams, and nothing can be kept. */
  get status(): StreamLogStatus {
    return this.#log.status;
  }

  /** Whether all that was written so far has been read, and more can be written. */
  get usable(): boolean {
    const { ready, kind } = this.#log.status;
    return ready && kind === 'stream';
  }

  async start(): Promise<void> {
    if (this.#refreshing !== undefined) return;
    const lookEveryMs = Math.min(this.#options.maxAgeSeconds * 1000 * LOOK_SHARE, 3_600_000);
    this.#refreshing = setInterval(() => void this.#refresh(), lookEveryMs).unref();
    await this.#log.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#refreshing);
    this.#refreshing = undefined;
    await this.#log.stop();
  }

  get(key: string): Keyed<V> | undefined {
    return this.#state.get(key);
  }

  entries(): IterableIterator<readonly [string, Keyed<V>]> {
    return this.#state.entries();
  }

  /**
   * Writes a value on top of the version seen (null: there is none yet).
   * @returns false when somebody else was first: look again and decide anew.
   * @throws RabbitMQError when it is not known, or cannot be, whether it was written.
   */
  put(key: string, value: V, expects: number | null): Promise<boolean> {
    return this.#write({ key, value, expects });
  }

  /** Removes the key, as {@link put} writes it. */
  remove(key: string, expects: number): Promise<boolean> {
    return this.#write({ key, value: undefined, expects });
  }

  async #write({ key, value, expects }: KeyedEntry<V>): Promise<boolean> {
    if (!this.usable) throw notReadable(this.#options.streamName);
    const id = randomUUID();
    const counted = this.#readBack(id);
    try {
      await this.#options.publisher.publish({
        exchange: '',
        routingKey: this.#options.streamName,
        content: Buffer.from(JSON.stringify({ key, value: value ?? null, expects })),
        properties: {
          contentType: 'application/json',
          deliveryMode: 2,
          type: ENTRY_TYPE,
          messageId: id,
          timestamp: Math.floor(this.#now() / 1000),
        },
      });
    } catch (error) {
      this.#pending.delete(id);
      counted.catch(() => undefined);
      throw error;
    }
    return counted;
  }

  #readBack(id: string): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(notReadable(this.#options.streamName));
      }, READ_BACK_MS);
      timer.unref();
      this.#pending.set(id, (counted) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(counted);
      });
    });
  }

  #onEntry({ delivery, replayed }: LogEntry): void {
    const { headers, properties, content } = delivery;
    const offset = headers['x-stream-offset'];
    if (typeof offset !== 'number') return;
    this.#state.seen(offset);
    const settle = this.#pending.get(properties.messageId ?? '');
    const entry = properties.type === ENTRY_TYPE ? this.#entryOf(content) : undefined;
    const counted = entry !== undefined && this.#state.apply(entry, offset);
    if (counted) {
      if (entry.value === undefined) this.#writtenAt.delete(entry.key);
      else this.#writtenAt.set(entry.key, (properties.timestamp ?? 0) * 1000);
      this.#options.onChange?.(entry.key, entry.value, replayed);
    }
    settle?.(counted);
  }

  #entryOf(content: Buffer): KeyedEntry<V> | undefined {
    const json = JSON.parse(content.toString('utf8')) as Readonly<Record<string, unknown>> | null;
    const { key, value, expects } = json ?? {};
    if (typeof key !== 'string' || (expects !== null && typeof expects !== 'number')) return undefined;
    if (value === null) return { key, value: undefined, expects };
    const read = this.#options.read(value);
    return read === undefined ? undefined : { key, value: read, expects };
  }

  /** What still holds is written again before the broker may drop it. Of several gateways one wins each time. */
  async #refresh(): Promise<void> {
    const oldMs = this.#now() - this.#options.maxAgeSeconds * 1000 * REFRESH_SHARE;
    for (const [key, { value, version }] of [...this.#state.entries()]) {
      if (!this.usable) return;
      if ((this.#writtenAt.get(key) ?? 0) > oldMs) continue;
      await this.put(key, value, version).catch((error: unknown) => {
        this.#options.logger.warn('an entry was not written again', { key, error });
      });
    }
  }
}

const notReadable = (stream: string): ConnectionError =>
  new ConnectionError('CONNECTION_LOST', `${stream} cannot be written and read back now`, {
    retryable: true,
  });
