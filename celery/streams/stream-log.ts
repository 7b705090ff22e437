import { randomUUID } from 'node:crypto';
import type { Channel } from '../../amqp';
import {
  type AmqpConnection,
  AmqpConsumer,
  type AmqpLogger,
  ConnectionError,
  type Delivery,
} from '../../amqp';
import { type LogBinding, type LogQueue, type LogTopology, openLogQueue } from './log-queue';
import { ReplayProgress } from './replay-progress';

/** How a durable log is doing, for `/health/ready`. */
export interface StreamLogStatus {
  /** Consuming, and everything that was in the log at start has been read; or the broker gives nothing to read. */
  readonly ready: boolean;
  /** `none` and not ready: the broker has not said yet. */
  readonly kind: 'stream' | 'queue' | 'none';
  /** Why it is not ready, or what the fallback costs. */
  readonly detail?: string | undefined;
}

/** One message of the log. */
export interface LogEntry {
  readonly delivery: Delivery;
  /** Its offset in the stream; undefined where a queue stands in for it. */
  readonly offset: number | undefined;
  /** Still reading what was there before this process; arrival times mean nothing then. */
  readonly replayed: boolean;
}

export interface StreamLogOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  readonly streamName: string;
  /** Age at which the broker drops whole segments, and how far back a start replays, in seconds. */
  readonly maxAgeSeconds: number;
  /** Size at which the broker drops whole segments, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  /** Read all that the broker still has, however old; `maxAgeSeconds` is then about dropping only. Default false. */
  readonly fromFirst?: boolean | undefined;
  /** Where the stream gets its messages besides the default exchange. */
  readonly bindings?: readonly LogBinding[] | undefined;
  /** What to use where the broker gives no stream; undefined does without. */
  readonly fallback?: LogQueue | undefined;
  /** False: do not even try a stream. Default true. */
  readonly streams?: boolean | undefined;
  readonly onEntry: (entry: LogEntry) => void;
  /** Called each time consuming (again) begins. */
  readonly onConsuming?: (() => void) | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** Stream consumers need a limit and acks; this many keep the broker sending while we index. */
const PREFETCH = 4000;
/** An ack for each entry would keep the broker as busy as the entries themselves. */
const ACK_EVERY = 1000;
/** The last few are acknowledged after this long: the broker closes channels that leave them for half an hour. */
const ACK_AFTER_MS = 1000;
/** Message type of the mark by which a reader knows that it has caught up. Other readers of the log pass over it. */
export const MARK_TYPE = 'celery-gateway.mark';
const RETRY_OPEN_MS = 1000;

/**
 * RabbitMQ's stream as a durable memory: replayed from `maxAgeSeconds` ago at start, followed from then on, resumed after
 * a lost connection at the next offset. Where streams are not to be had it reads the fallback queue and says so.
 *
 * `start()` returns at once: the broker may be away, and the log opens whenever it comes.
 */
export class StreamLog {
  readonly #options: StreamLogOptions;
  readonly #now: () => number;
  #consumer: AmqpConsumer | undefined;
  #kind: StreamLogStatus['kind'] = 'none';
  /** The broker has said which queue the log is, or that there is none. */
  #opened: boolean = false;
  #detail: string | undefined = 'not opened yet';
  #nextOffset: number | undefined;
  #mark: string | undefined;
  #channel: Channel | undefined;
  /** Those who wait until a mark of their own has come by. */
  readonly #barriers = new Map<string, () => void>();
  #caughtUp: boolean = false;
  readonly #replay: ReplayProgress;
  /** Entries read since the last ack, the latest of them, and the timer that acknowledges them if no more come. */
  #unacked: number = 0;
  #latest: Delivery | undefined;
  #acking: NodeJS.Timeout | undefined;
  #running: boolean = false;
  #opening: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StreamLogOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#replay = new ReplayProgress(options.streamName, options.logger, this.#now);
  }

  get status(): StreamLogStatus {
    const reading = this.#caughtUp && this.#consumer?.consuming === true;
    const ready = this.#opened && (this.#kind === 'none' || reading);
    const detail = this.#detail ?? (ready ? undefined : 'replaying');
    return { ready, kind: this.#kind, detail };
  }

  /** The queue consumed: the stream until the broker has refused it. */
  get queue(): string {
    const { fallback, streams, streamName } = this.#options;
    const fellBack = this.#kind === 'queue' || streams === false;
    return fellBack && fallback !== undefined ? fallback.name : streamName;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#opening = this.#open();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#wake?.();
    this.#ackLatest();
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.stop();
    await this.#opening;
  }

  /**
   * Resolves when everything that is in the log at this moment has been read; at once where there is no log.
   * @throws ConnectionError `CONNECTION_LOST` when that cannot be found out in time.
   */
  async barrier(timeoutMs: number): Promise<void> {
    if (this.#opened && this.#kind === 'none') return;
    const mark = randomUUID();
    await new Promise<void>((resolve, reject) => {
      const lost = (cause?: unknown): void => {
        const message = `${this.queue} was not read to its end`;
        reject(new ConnectionError('CONNECTION_LOST', message, { retryable: true, cause }));
      };
      const timer = setTimeout(lost, timeoutMs);
      this.#barriers.set(mark, () => {
        clearTimeout(timer);
        resolve();
      });
      try {
        if (this.#channel === undefined) throw new Error('not consuming');
        this.#channel.sendToQueue(this.queue, Buffer.alloc(0), { type: MARK_TYPE, messageId: mark });
      } catch (error) {
        clearTimeout(timer);
        lost(error);
      }
    }).finally(() => this.#barriers.delete(mark));
  }

  async #open(): Promise<void> {
    while (this.#running) {
      try {
        await this.#options.connection.ready(RETRY_OPEN_MS);
        const opened = await openLogQueue(this.#options);
        this.#kind = opened.kind;
        this.#detail = opened.detail;
        this.#opened = true;
        if (opened.detail !== undefined) this.#options.logger.warn(opened.detail, { queue: opened.queue });
        if (this.#running && opened.kind !== 'none') this.#consume(opened.queue);
        return;
      } catch (error) {
        this.#notOpened(`not opened yet: ${(error as Error).message}`);
        await this.#pause();
      }
    }
  }

  /** A broker that is away is the connection's to log; one that is there and refuses is said once. */
  #notOpened(detail: string): void {
    const { connection, logger, streamName } = this.#options;
    if (detail !== this.#detail && connection.state === 'connected')
      logger.warn(detail, { queue: streamName });
    this.#detail = detail;
  }

  /** A broker that refuses must not be asked in a tight loop. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#running) return resolve();
      const timer = setTimeout(resolve, RETRY_OPEN_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #consume(queue: string): void {
    const { connection, logger, fallback } = this.#options;
    const stream = this.#kind === 'stream';
    const perConnection = !stream && fallback?.exclusive === true;
    const consumer = new AmqpConsumer({
      connection,
      queue,
      prefetch: PREFETCH,
      arguments: stream ? () => this.#consumeArguments() : {},
      // Exclusive queues die with their connection; a stream may have been deleted, and then its offsets mean nothing.
      prepare: async (channel) => {
        if (stream && (await openLogQueue(this.#options)).created === true) this.#nextOffset = undefined;
        if (perConnection) await declareExclusive(channel, this.#options);
        this.#sendMark(channel, queue);
      },
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onConsuming: () => this.#options.onConsuming?.(),
      logger,
    });
    this.#consumer = consumer;
    consumer.start().catch((error: unknown) => logger.debug('log consumer did not start', { queue, error }));
  }

  #consumeArguments(): Readonly<Record<string, unknown>> {
    if (this.#nextOffset !== undefined) return { 'x-stream-offset': this.#nextOffset };
    if (this.#options.fromFirst === true) return { 'x-stream-offset': 'first' };
    const from = Math.floor(this.#now() / 1000) - this.#options.maxAgeSeconds;
    return { 'x-stream-offset': new Date(from * 1000) };
  }

  /** Streams do not tell where their end was, so we write a mark there and read up to it. */
  #sendMark(channel: Channel, queue: string): void {
    this.#channel = channel;
    if (this.#caughtUp) return;
    this.#mark = randomUUID();
    channel.sendToQueue(queue, Buffer.alloc(0), { type: MARK_TYPE, messageId: this.#mark });
  }

  #onCaughtUp(): void {
    this.#caughtUp = true;
    this.#replay.end();
  }

  #onDelivery(delivery: Delivery): void {
    const header = delivery.headers['x-stream-offset'];
    const offset = typeof header === 'number' ? header : undefined;
    if (offset !== undefined) this.#nextOffset = offset + 1;
    if (!this.#caughtUp) this.#replay.entry();
    const { type, messageId } = delivery.properties;
    try {
      if (type === MARK_TYPE) {
        if (messageId === this.#mark && !this.#caughtUp) this.#onCaughtUp();
        this.#barriers.get(String(messageId))?.();
      } else this.#options.onEntry({ delivery, offset, replayed: !this.#caughtUp });
    } catch (error) {
      // One unreadable entry (anyone may publish here) must not end the log.
      this.#options.logger.warn('a log entry could not be read', { queue: delivery.queue, error });
    } finally {
      this.#settle(delivery);
    }
  }

  /** A queue must know of each entry that was read, and forgets it; a stream only has to be told to go on. */
  #settle(delivery: Delivery): void {
    if (this.#kind !== 'stream') {
      delivery.ack();
      return;
    }
    this.#unacked += 1;
    this.#latest = delivery;
    if (this.#unacked >= ACK_EVERY) this.#ackLatest();
    else this.#acking ??= setTimeout(() => this.#ackLatest(), ACK_AFTER_MS).unref();
  }

  #ackLatest(): void {
    clearTimeout(this.#acking);
    this.#acking = undefined;
    this.#unacked = 0;
    this.#latest?.ackThrough();
    this.#latest = undefined;
  }
}

const declareExclusive = async (channel: Channel, options: StreamLogOptions): Promise<void> => {
  const { fallback, bindings = [] } = options;
  if (fallback === undefined) return;
  await channel.assertQueue(fallback.name, {
    durable: false,
    exclusive: true,
    autoDelete: true,
    arguments: fallback.arguments ?? {},
  });
  for (const binding of bindings) {
    await channel.bindQueue(fallback.name, binding.exchange.name, binding.routingKey);
  }
};
