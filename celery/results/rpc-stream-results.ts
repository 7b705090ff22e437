import { hostname } from 'node:os';
import type { AmqpConnection, AmqpLogger } from '../../amqp';
import {
  type ContentProtection,
  decodeTaskMeta,
  parseIsoTime,
  READY_STATES,
  type TaskMeta,
} from '../protocol';
import { type LogEntry, type LogTopology, readStream, StreamLog } from '../streams';
import { forgottenTask } from './forget-mark';
import type { ResultReader, ResultStoreStatus, WaitOptions } from './result-backend';
import type { ReadyListener, ResultFeed } from './result-feed';
import { ResultIndex } from './result-index';
import { ResultWaiters } from './result-waiters';

/** Where in the log something was read. */
interface ReadAt {
  readonly offset: number | undefined;
  /** From before this process. */
  readonly replayed: boolean;
}

/** What {@link RpcStreamResults} is made of. */
export interface RpcStreamResultsOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  /** Default `celery-gateway.results`; also the `reply_to` of every task submitted. */
  readonly streamName?: string | undefined;
  /** How long results are kept and replayed, in seconds. */
  readonly maxAgeSeconds: number;
  /** Size of the stream at which the oldest go before their time, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  /** Most tasks whose result is held in memory. */
  readonly maxEntries: number;
  /** Most bytes of result bodies held in memory. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** False where the operator wants no streams: the fallback queue is used at once. Default true. */
  readonly streams?: boolean | undefined;
  /** This gateway's own fallback queue: stable over its restarts, not shared. Default `<streamName>.<hostname>`. */
  readonly fallbackQueue?: string | undefined;
  /** Told of each state as it is read, replayed ones included. */
  readonly onMeta?: ((meta: TaskMeta, at: ReadAt) => void) | undefined;
  /** Told when a task's result was forgotten. */
  readonly onForgotten?: ((taskId: string, at: ReadAt) => void) | undefined;
  /** Reads what workers signed or encrypted. */
  readonly protection?: ContentProtection | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

const DEFAULT_STREAM = 'celery-gateway.results';
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** For the ids somebody asks for, which are as many as they are. */
const UNBOUNDED = {
  maxEntries: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxAgeMs: Number.POSITIVE_INFINITY,
};

/**
 * `rpc://` results, kept by a stream instead of a queue that dies with its reader: the stream's name is the `reply_to` of
 * each task, so unmodified workers publish there (celery/backends/rpc.py `store_result`), results outlive this process,
 * and each replica sees all of them.
 */
export class RpcStreamResults implements ResultReader, ResultFeed {
  readonly #log: StreamLog;
  readonly #index: ResultIndex;
  readonly #waiters = new ResultWaiters();
  readonly #listeners = new Set<ReadyListener>();
  readonly #options: RpcStreamResultsOptions;
  readonly #now: () => number;

  constructor(options: RpcStreamResultsOptions) {
    const { streamName = DEFAULT_STREAM, maxAgeSeconds, maxEntries, maxBytes = DEFAULT_MAX_BYTES } = options;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#index = new ResultIndex({ maxEntries, maxBytes, maxAgeMs: maxAgeSeconds * 1000 });
    this.#log = new StreamLog({
      connection: options.connection,
      topology: options.topology,
      streamName,
      maxAgeSeconds,
      maxStreamBytes: options.maxStreamBytes,
      fallback: {
        name: options.fallbackQueue ?? `${streamName}.${hostname()}`,
        arguments: { 'x-expires': maxAgeSeconds * 1000 },
      },
      streams: options.streams,
      onEntry: (entry) => this.#onEntry(entry),
      logger: options.logger,
      now: options.now,
    });
  }

  /** The `reply_to` for tasks whose results shall arrive here. */
  get replyTo(): string {
    return this.#log.queue;
  }

  get status(): ResultStoreStatus {
    const { ready, kind, detail } = this.#log.status;
    return { ready, kind, detail };
  }

  /** Tasks being waited for; for leak checks and metrics. */
  get waiting(): number {
    return this.#waiters.size;
  }

  get complete(): boolean {
    return this.#index.dropped === 0;
  }

  follow(listener: ReadyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async readBack(taskIds: ReadonlySet<string>, sinceMs: number): Promise<ReadonlyMap<string, TaskMeta>> {
    const { connection, logger } = this.#options;
    const found = new ResultIndex(UNBOUNDED);
    await readStream({
      connection,
      logger,
      streamName: this.replyTo,
      sinceMs,
      onEntry: ({ content, properties }) => {
        const meta = readableMeta(content, properties.contentType, this.#options.protection);
        if (meta !== undefined && taskIds.has(meta.task_id)) found.put(meta, 0, sinceMs);
        return false;
      },
    });
    const metas = new Map<string, TaskMeta>();
    for (const taskId of taskIds) {
      const meta = found.get(taskId, sinceMs);
      if (meta !== undefined) metas.set(taskId, meta);
    }
    return metas;
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  async stop(): Promise<void> {
    await this.#log.stop();
    this.#waiters.release();
  }

  async recall(taskId: string, offset: number): Promise<TaskMeta | undefined> {
    if (this.#log.status.kind !== 'stream') return undefined;
    const { connection, logger, maxAgeSeconds, protection } = this.#options;
    let found: TaskMeta | undefined;
    await readStream({
      ...{ connection, logger, streamName: this.replyTo, sinceMs: 0, offset },
      onEntry: ({ content, properties, headers }) => {
        const at = Number(headers['x-stream-offset']);
        if (at === offset) found = readableMeta(content, properties.contentType, protection);
        // The broker may begin before it, and begins behind it where it is gone.
        return at >= offset;
      },
    });
    if (found?.task_id !== taskId) return undefined;
    const doneAt = parseIsoTime(found.date_done ?? '') ?? this.#now();
    return this.#now() - doneAt <= maxAgeSeconds * 1000 ? found : undefined;
  }

  waitsFor(taskId: string): boolean {
    return this.#waiters.has(taskId);
  }

  letGo(taskId: string): void {
    this.#waiters.settle(taskId, null);
  }

  async getTaskMeta(taskId: string): Promise<TaskMeta | null> {
    return this.#index.get(taskId, this.#now()) ?? null;
  }

  async waitForResult(taskId: string, options: WaitOptions): Promise<TaskMeta | null> {
    options.signal?.throwIfAborted();
    const known = this.#index.get(taskId, this.#now());
    if (known !== undefined && READY_STATES.has(known.status)) return known;
    return this.#waiters.wait(taskId, options);
  }

  #onEntry({ delivery, offset, replayed }: LogEntry): void {
    const { content, properties } = delivery;
    const forgotten = forgottenTask(properties);
    if (forgotten !== undefined) {
      this.#index.remove(forgotten);
      this.#options.onForgotten?.(forgotten, { offset, replayed });
      return;
    }
    const meta = decodeTaskMeta(content, properties.contentType, undefined, this.#options.protection);
    this.#options.onMeta?.(meta, { offset, replayed });
    if (!this.#index.put(meta, content.length, this.#now())) return;
    if (!READY_STATES.has(meta.status)) return;
    this.#waiters.settle(meta.task_id, meta);
    for (const listener of this.#listeners) listener(meta);
  }
}

/** Anyone may publish to the stream. */
const readableMeta = (
  content: Buffer,
  contentType: string | undefined,
  protection: ContentProtection | undefined,
): TaskMeta | undefined => {
  try {
    return decodeTaskMeta(content, contentType, undefined, protection);
  } catch {
    return undefined;
  }
};
