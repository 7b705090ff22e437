import type { AmqpConnection, AmqpLogger, Delivery } from '../../amqp';
import { type LogTopology, StreamLog } from '../streams';
import { withoutNestedHeaders } from './nested-headers';
import { type RecordedMessage, readRecordedMessages } from './recorded-messages';
import type { SubmissionEntry } from './submission-entry';
import { LatestSubmissions, type StreamedMessage, type SubmissionIndex } from './submission-index';

/** What {@link SubmissionRecords} is made of. */
export interface SubmissionRecordsOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  /** Default `celery-gateway.submissions`. */
  readonly streamName?: string | undefined;
  /** How long submissions are kept and replayed, in seconds. */
  readonly maxAgeSeconds: number;
  /** Size of the stream at which the oldest go before their time, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  /** Who keeps what is read; else the latest entries are kept here. */
  readonly index?: SubmissionIndex | undefined;
  /** Most submissions held where no index is given. Default 10000. */
  readonly maxEntries?: number | undefined;
  /** False turns the record off. Default true. */
  readonly streams?: boolean | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** How the record is doing, for `/health/ready`. */
export interface SubmissionRecordsStatus {
  readonly ready: boolean;
  /** `none` where the broker gives no stream: then "queued" and "never heard of it" look alike. */
  readonly kind: 'stream' | 'none';
  readonly detail?: string | undefined;
}

const DEFAULT_STREAM = 'celery-gateway.submissions';
const DEFAULT_MAX_ENTRIES = 10_000;

/**
 * Every task submitted through any gateway of this vhost, read from the stream that gets a copy of each task message with
 * the same publish (RabbitMQ's BCC). One publish, one confirm: the task and its record stand or fall together.
 */
export class SubmissionRecords {
  readonly streamName: string;
  readonly #options: SubmissionRecordsOptions;
  readonly #log: StreamLog;
  readonly #index: SubmissionIndex;
  readonly #keys: readonly string[];

  constructor(options: SubmissionRecordsOptions) {
    const { streamName = DEFAULT_STREAM } = options;
    this.streamName = streamName;
    this.#keys = [streamName];
    this.#options = options;
    this.#index = options.index ?? new LatestSubmissions(options.maxEntries ?? DEFAULT_MAX_ENTRIES);
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName,
      maxAgeSeconds: options.maxAgeSeconds,
      maxStreamBytes: options.maxStreamBytes,
      streams: options.streams,
      onEntry: ({ delivery, offset, replayed }) =>
        this.#index.onRecord(taskOf(delivery), { offset, replayed }),
      logger: options.logger,
      now: options.now,
    });
  }

  get status(): SubmissionRecordsStatus {
    const { ready, kind, detail } = this.#log.status;
    return { ready, kind: kind === 'stream' ? 'stream' : 'none', detail };
  }

  /** Whether submissions are being recorded. */
  get recording(): boolean {
    return this.#log.status.kind === 'stream';
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  get(taskId: string): SubmissionEntry | undefined {
    return this.#index.get(taskId);
  }

  /**
   * Resolves when everything recorded so far, by anybody, is known here; at once while nothing is recorded.
   * @throws ConnectionError `CONNECTION_LOST` when that cannot be found out in time.
   */
  sync(timeoutMs: number): Promise<void> {
    return this.#log.barrier(timeoutMs);
  }

  /** The BCC keys of a publish; undefined while nothing is recorded. Other exchanges than the default need {@link bindTo} first. */
  keys(): readonly string[] | undefined {
    return this.recording ? this.#keys : undefined;
  }

  /** Binds the stream to an exchange, so that a BCC copy of what is published there reaches it. Idempotent. */
  async bindTo(exchange: string): Promise<void> {
    if (!this.recording) return;
    await this.#options.topology.bindQueue({ queue: this.streamName, exchange, routingKey: this.streamName });
  }

  /** Makes a submission known at once, before its copy has come back from the stream. */
  noteSubmitted(entry: SubmissionEntry): void {
    this.#index.noteSubmitted(entry);
  }

  /**
   * Reads one full message back from where it is known to be.
   * @returns undefined where the stream no longer has it.
   * @throws RabbitMQError when the broker is away.
   */
  async readAt(offset: number, taskId: string): Promise<RecordedMessage | undefined> {
    const { connection, logger } = this.#options;
    const { streamName } = this;
    const taskIds = new Set([taskId]);
    const found = await readRecordedMessages({ connection, logger, streamName, taskIds, sinceMs: 0, offset });
    return found.get(taskId);
  }

  /**
   * Reads full messages back from the stream.
   * @param sinceMs epoch milliseconds from which on to read.
   * @throws RabbitMQError when the broker is away.
   */
  readMessages(taskIds: ReadonlySet<string>, sinceMs: number): Promise<ReadonlyMap<string, RecordedMessage>> {
    const { connection, logger } = this.#options;
    return readRecordedMessages({ connection, logger, streamName: this.streamName, taskIds, sinceMs });
  }
}

/** Its record may have more headers than the task. */
const taskOf = (delivery: Delivery): StreamedMessage => {
  const recorded = delivery.headers;
  const headers = withoutNestedHeaders(recorded);
  if (headers === recorded) return delivery;
  const { exchange, routingKey, content, properties } = delivery;
  return { exchange, routingKey, content, properties, headers };
};
