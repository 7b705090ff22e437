import type { AmqpConnection, AmqpLogger, ConfirmPublisher } from '../../amqp';
import { type LogTopology, StreamLog, type StreamLogStatus } from '../streams';
import { holdUntil, type RunWindow } from './hold';
import { type RevokeEntry, readRevokeEntry, type TerminateSignal, writeRevokeEntry } from './revoke-entry';
import { groupedBy, portions, type RevokeBatch, type StampBatch, Tombstones } from './tombstones';

export interface RevokeLogOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Default `celery-gateway.revokes`. */
  readonly streamName?: string | undefined;
  /** How long a revoke holds, in seconds; one of a task that is due later holds longer. */
  readonly maxAgeSeconds: number;
  /** The longest one holds, in seconds. Default a year. */
  readonly maxHoldSeconds?: number | undefined;
  /** Most task ids held in memory; the oldest go first. */
  readonly maxEntries: number;
  /** False keeps nothing. Default true. */
  readonly streams?: boolean | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

export const REVOKE_STREAM = 'celery-gateway.revokes';
/** What holds for longer than the stream keeps it is written again at this share of that time; clocks differ. */
const RENEW_SHARE = 0.25;
const LOOK_SHARE = 0.02;
const MAX_LOOK_MS = 3_600_000;
const A_YEAR_SECONDS = 31_536_000;

/**
 * Every revoke that still holds, kept on a stream: it outlives the workers and gateways that were there when it was made, and
 * expires by itself. Writing one twice changes nothing.
 */
export class RevokeLog {
  readonly #options: RevokeLogOptions;
  readonly #stream: string;
  readonly #log: StreamLog;
  readonly #tombstones: Tombstones;
  readonly #now: () => number;
  #renewing: NodeJS.Timeout | undefined;

  constructor(options: RevokeLogOptions) {
    this.#options = options;
    this.#stream = options.streamName ?? REVOKE_STREAM;
    this.#now = options.now ?? Date.now;
    this.#tombstones = new Tombstones(options.maxEntries, this.#now);
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName: this.#stream,
      maxAgeSeconds: options.maxAgeSeconds,
      // Some hold for longer than that; what has expired is passed over.
      fromFirst: true,
      streams: options.streams,
      onEntry: ({ delivery }) => {
        const entry = readRevokeEntry(delivery.content);
        const writtenAt = (delivery.properties.timestamp ?? 0) * 1000;
        if (entry !== undefined) this.#tombstones.note(entry, writtenAt);
      },
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

  async start(): Promise<void> {
    if (this.#renewing !== undefined) return;
    const lookEveryMs = Math.min(this.#options.maxAgeSeconds * 1000 * LOOK_SHARE, MAX_LOOK_MS);
    this.#renewing = setInterval(() => void this.renew(), lookEveryMs).unref();
    await this.#log.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#renewing);
    this.#renewing = undefined;
    await this.#log.stop();
  }

  /**
   * Keeps a revoke of tasks. Resolves with the moment the first of them expires, epoch milliseconds, once the broker has it.
   * @param windowOf when a task could run, where that is known: its revoke holds as long as it has to.
   * @throws RabbitMQError when the broker did not take it.
   */
  async addIds(
    taskIds: readonly string[],
    terminateWith: TerminateSignal,
    windowOf: (taskId: string) => RunWindow | undefined = () => undefined,
  ): Promise<number> {
    const { maxAgeSeconds, maxHoldSeconds = A_YEAR_SECONDS } = this.#options;
    const limits = { holdMs: maxAgeSeconds * 1000, maxHoldMs: maxHoldSeconds * 1000 };
    const revokedAt = this.#now();
    const byExpiry = groupedBy(taskIds, (taskId) => holdUntil(revokedAt, limits, windowOf(taskId)));
    const entries = [...byExpiry].flatMap(([expiresAt, ids]) =>
      portions(ids).map((some) => ({
        ...{ kind: 'ids' as const, terminateWith, revokedAt, expiresAt },
        taskIds: some,
      })),
    );
    await Promise.all(entries.map((entry) => this.#write(entry)));
    return Math.min(...byExpiry.keys());
  }

  /** Keeps a revoke by stamps; otherwise as {@link addIds}. When the tasks that carry them are due is not known. */
  async addStamps(
    stamps: Readonly<Record<string, readonly string[]>>,
    terminateWith: TerminateSignal,
  ): Promise<number> {
    const revokedAt = this.#now();
    const expiresAt = revokedAt + this.#options.maxAgeSeconds * 1000;
    await this.#write({ kind: 'stamps', terminateWith, revokedAt, expiresAt, stamps });
    return expiresAt;
  }

  /** When the revoke of this task expires, epoch milliseconds; undefined when none holds. */
  expiryOf(taskId: string): number | undefined {
    return this.#tombstones.expiryOf(taskId);
  }

  /** Ids that are revoked now, oldest first. */
  ids(): readonly string[] {
    return this.#tombstones.ids();
  }

  /** The same for broadcasting: at most 1000 ids each, by how running tasks are to be ended. */
  idBatches(): readonly RevokeBatch[] {
    return this.#tombstones.idBatches();
  }

  stampBatches(): readonly StampBatch[] {
    return this.#tombstones.stampBatches();
  }

  /** Writes again what the stream might drop before it expires. Of several gateways mostly one does: the others see it. */
  async renew(): Promise<void> {
    this.#tombstones.purge();
    if (!this.recording || !this.#log.status.ready) return;
    const keptMs = this.#options.maxAgeSeconds * 1000;
    for (const entry of this.#tombstones.toRenew(this.#now() - keptMs * RENEW_SHARE, keptMs)) {
      for (const taskIds of portions(entry.taskIds)) {
        await this.#write({ ...entry, taskIds }).catch((error: unknown) => {
          this.#options.logger.warn('a revoke was not written again', { error });
        });
      }
    }
  }

  async #write(entry: RevokeEntry): Promise<void> {
    const writtenAt = this.#now();
    await this.#options.publisher.publish({
      exchange: '',
      routingKey: this.#stream,
      content: writeRevokeEntry(entry),
      properties: {
        contentType: 'application/json',
        deliveryMode: 2,
        timestamp: Math.floor(writtenAt / 1000),
      },
    });
    // Known at once here; the stream tells the others, and us once more.
    this.#tombstones.note(entry, writtenAt);
  }
}
