import type { AmqpConnection, AmqpLogger, ConfirmPublisher } from '../../amqp';
import { BoundedIndex, type LogTopology, StreamLog, type StreamLogStatus } from '../streams';
import { type RevokeEntry, readRevokeEntry, type TerminateSignal, writeRevokeEntry } from './revoke-entry';

export interface RevokeLogOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Default `celery-gateway.revokes`. */
  readonly streamName?: string | undefined;
  /** How long a revoke holds, in seconds. */
  readonly maxAgeSeconds: number;
  /** Most task ids held in memory; the oldest go first. */
  readonly maxEntries: number;
  /** False keeps nothing. Default true. */
  readonly streams?: boolean | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** Revokes that end the same way, for one broadcast. */
export interface RevokeBatch {
  readonly terminateWith: TerminateSignal;
  readonly taskIds: readonly string[];
}

/** Stamps revoked together. */
export interface StampBatch {
  readonly terminateWith: TerminateSignal;
  readonly stamps: Readonly<Record<string, readonly string[]>>;
}

interface Tombstone {
  readonly taskId: string;
  readonly terminateWith: TerminateSignal;
  readonly expiresAt: number;
}

export const REVOKE_STREAM = 'celery-gateway.revokes';
/** Ids in one entry or one broadcast: some 60 kB. */
const BATCH = 1000;
const MAX_STAMP_ENTRIES = 1000;

/**
 * Every revoke that still holds, kept on a stream: it outlives the workers and gateways that were there when it was made, and
 * expires by itself. Writing one twice changes nothing.
 */
export class RevokeLog {
  readonly #options: RevokeLogOptions;
  readonly #stream: string;
  readonly #log: StreamLog;
  readonly #ids: BoundedIndex<string, Tombstone>;
  #stamps: (StampBatch & { readonly expiresAt: number })[] = [];
  readonly #now: () => number;

  constructor(options: RevokeLogOptions) {
    this.#options = options;
    this.#stream = options.streamName ?? REVOKE_STREAM;
    this.#now = options.now ?? Date.now;
    this.#ids = new BoundedIndex(options.maxEntries);
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName: this.#stream,
      maxAgeSeconds: options.maxAgeSeconds,
      streams: options.streams,
      onEntry: ({ delivery }) => this.#note(readRevokeEntry(delivery.content)),
      logger: options.logger,
      now: options.now,
    });
  }

  get status(): StreamLogStatus {
    return this.#log.status;
  }

  /** Whether revokes can be kept; false where the broker gives no streams or has not been reached yet. */
  get recording(): boolean {
    return this.#log.status.kind === 'stream';
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  /**
   * Keeps a revoke of tasks. Resolves with the moment it expires, epoch milliseconds, once the broker has it.
   * @throws RabbitMQError when the broker did not take it.
   */
  async addIds(taskIds: readonly string[], terminateWith: TerminateSignal): Promise<number> {
    const terms = this.#terms(terminateWith);
    const writes: Promise<void>[] = [];
    for (let at = 0; at < taskIds.length; at += BATCH) {
      writes.push(this.#write({ ...terms, kind: 'ids', taskIds: taskIds.slice(at, at + BATCH) }));
    }
    await Promise.all(writes);
    return terms.expiresAt;
  }

  /** Keeps a revoke by stamps; otherwise as {@link addIds}. */
  async addStamps(
    stamps: Readonly<Record<string, readonly string[]>>,
    terminateWith: TerminateSignal,
  ): Promise<number> {
    const terms = this.#terms(terminateWith);
    await this.#write({ ...terms, kind: 'stamps', stamps });
    return terms.expiresAt;
  }

  /** When the revoke of this task expires, epoch milliseconds; undefined when none holds. */
  expiryOf(taskId: string): number | undefined {
    this.#purge();
    return this.#ids.get(taskId)?.expiresAt;
  }

  /** Ids that are revoked now, oldest first. */
  ids(): readonly string[] {
    this.#purge();
    return [...this.#ids.values()].map(({ taskId }) => taskId);
  }

  /** The same for broadcasting: at most 1000 ids each, by how running tasks are to be ended. */
  idBatches(): readonly RevokeBatch[] {
    this.#purge();
    const bySignal = new Map<TerminateSignal, string[]>();
    for (const { taskId, terminateWith } of this.#ids.values()) {
      const ids = bySignal.get(terminateWith);
      if (ids === undefined) bySignal.set(terminateWith, [taskId]);
      else ids.push(taskId);
    }
    const batches: RevokeBatch[] = [];
    for (const [terminateWith, ids] of bySignal) {
      for (let at = 0; at < ids.length; at += BATCH) {
        batches.push({ terminateWith, taskIds: ids.slice(at, at + BATCH) });
      }
    }
    return batches;
  }

  stampBatches(): readonly StampBatch[] {
    this.#purge();
    return this.#stamps.map(({ terminateWith, stamps }) => ({ terminateWith, stamps }));
  }

  #terms(terminateWith: TerminateSignal) {
    const revokedAt = this.#now();
    return { terminateWith, revokedAt, expiresAt: revokedAt + this.#options.maxAgeSeconds * 1000 };
  }

  async #write(entry: RevokeEntry): Promise<void> {
    await this.#options.publisher.publish({
      exchange: '',
      routingKey: this.#stream,
      content: writeRevokeEntry(entry),
      properties: {
        contentType: 'application/json',
        deliveryMode: 2,
        timestamp: Math.floor(entry.revokedAt / 1000),
      },
    });
    // Known at once here; the stream tells the others, and us once more.
    this.#note(entry);
  }

  #note(entry: RevokeEntry | undefined): void {
    if (entry === undefined || entry.expiresAt <= this.#now()) return;
    const { terminateWith, expiresAt } = entry;
    if (entry.kind === 'ids') {
      for (const taskId of entry.taskIds) this.#ids.set(taskId, { taskId, terminateWith, expiresAt });
      return;
    }
    const text = JSON.stringify(entry.stamps);
    const others = this.#stamps.filter(({ stamps }) => JSON.stringify(stamps) !== text);
    this.#stamps = [...others, { stamps: entry.stamps, terminateWith, expiresAt }].slice(-MAX_STAMP_ENTRIES);
  }

  #purge(): void {
    const now = this.#now();
    for (let oldest = this.#ids.oldest(); oldest !== undefined && oldest.expiresAt <= now; ) {
      this.#ids.dropOldest();
      oldest = this.#ids.oldest();
    }
    if (this.#stamps.some(({ expiresAt }) => expiresAt <= now)) {
      this.#stamps = this.#stamps.filter(({ expiresAt }) => expiresAt > now);
    }
  }
}
