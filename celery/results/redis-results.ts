import { Redis } from 'ioredis';
import { type AmqpLogger, ConnectionError } from '../../amqp';
import {
  type ContentProtection,
  decodeTaskMeta,
  encodeTaskMeta,
  READY_STATES,
  type TaskMeta,
} from '../protocol';
import { type ChordRedis, chordScripts } from './chord-scripts';
import { RedisChords } from './redis-chords';
import { RedisGroups } from './redis-groups';
import { taskMetaKeys } from './redis-keys';
import type {
  ResultAddress,
  ResultReader,
  ResultStoreStatus,
  ResultWriter,
  WaitOptions,
} from './result-backend';
import { ResultWaiters } from './result-waiters';
import { type ScriptedRedis, scripts } from './store-script';

export interface RedisResultsOptions {
  /** `redis://` or `rediss://` URL, as Celery writes it. */
  readonly url: string;
  /** Signs or encrypts what is written, and reads such results beside plain ones. */
  readonly protection?: ContentProtection | undefined;
  /** Whether results are written so; default false. */
  readonly protectsResults?: boolean | undefined;
  /** Time to live of a result in seconds; 0 keeps it for ever. Celery's `result_expires`. */
  readonly expiresSeconds: number;
  /** Celery's `result_backend_transport_options.global_keyprefix`. */
  readonly keyPrefix?: string | undefined;
  /** Celery's `result_chord_expires`; default: as results. */
  readonly chordExpiresSeconds?: number | undefined;
  /** Celery's `result_chord_ordered`; default true. */
  readonly chordOrdered?: boolean | undefined;
  /** How long the right to fire a chord's body lasts, in seconds ({@link RedisChords}). */
  readonly chordClaimSeconds?: number | undefined;
  /** Names the broker of a fleet whose workers take chords over from each other ({@link RedisChords}). */
  readonly chordScope?: string | undefined;
  readonly logger: AmqpLogger;
}

/** Longer than any healthy Redis takes, short enough for a caller to be told. */
const COMMAND_TIMEOUT_MS = 5000;
const RECONNECT_MAX_MS = 2000;
const JSON_TYPE = 'application/json';

/**
 * `redis://` results in Celery's own layout (celery/backends/redis.py, celery/backends/base.py `BaseKeyValueStoreBackend`):
 * one string per task, published on a channel of the same name for those who wait.
 */
export class RedisResults implements ResultReader, ResultWriter {
  readonly #options: RedisResultsOptions;
  readonly #keys: ReturnType<typeof taskMetaKeys>;
  readonly #waiters = new ResultWaiters();
  /** Where chords are counted, on the connection of the results. */
  readonly chords: RedisChords;
  /** Saved groups, on the same connection. */
  readonly groups: RedisGroups;
  #commands: (ScriptedRedis & ChordRedis) | undefined;
  #subscriber: Redis | undefined;
  #lastError: string | undefined;

  constructor(options: RedisResultsOptions) {
    this.#options = options;
    this.#keys = taskMetaKeys(options.keyPrefix);
    this.chords = new RedisChords({
      run: (command) => this.#run(command),
      expiresSeconds: options.chordExpiresSeconds ?? options.expiresSeconds,
      keyPrefix: options.keyPrefix,
      scope: options.chordScope,
      ordered: options.chordOrdered,
      claimSeconds: options.chordClaimSeconds,
    });
    this.groups = new RedisGroups({ ...options, run: (command) => this.#run(command) });
  }

  get status(): ResultStoreStatus {
    const ready = this.#commands?.status === 'ready';
    return ready
      ? { ready, kind: 'redis' }
      : { ready, kind: 'redis', detail: this.#lastError ?? 'not connected' };
  }

  /** Tasks being waited for; for leak checks and metrics. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Connecting goes on in the background; Redis may be away. */
  async start(): Promise<void> {
    if (this.#commands) return;
    this.#commands = this.#connect('commands');
    this.#subscriber = this.#connect('subscriber');
    this.#subscriber.on('message', (channel: string, text: string) => this.#onPublished(channel, text));
  }

  async stop(): Promise<void> {
    this.#waiters.release();
    this.#commands?.disconnect();
    this.#subscriber?.disconnect();
    this.#commands = undefined;
    this.#subscriber = undefined;
  }

  waitsFor(taskId: string): boolean {
    return this.#waiters.has(taskId);
  }

  letGo(taskId: string): void {
    this.#waiters.settle(taskId, null);
  }

  async getTaskMeta(taskId: string): Promise<TaskMeta | null> {
    const text = await this.#run((redis) => redis.getBuffer(this.#keys.of(taskId)));
    return text === null ? null : this.#decode(text);
  }

  /** Drops a stored result (celery/backends/base.py `forget`). */
  async forget(taskId: string): Promise<void> {
    await this.#run((redis) => redis.del(this.#keys.of(taskId)));
  }

  /** Subscribes first and reads then, so that a result between the two is not missed. */
  async waitForResult(taskId: string, options: WaitOptions): Promise<TaskMeta | null> {
    options.signal?.throwIfAborted();
    const subscriber = this.#subscriber;
    if (!subscriber) throw unavailable(undefined);
    const waited = this.#waiters.wait(taskId, options);
    const key = this.#keys.of(taskId);
    this.#subscribeAndRead(subscriber, key, taskId).catch((error: unknown) => {
      this.#options.logger.warn('waiting for a result: Redis did not answer', { taskId, error });
    });
    try {
      return await waited;
    } finally {
      if (!this.#waiters.has(taskId)) subscriber.unsubscribe(key).catch(() => undefined);
    }
  }

  /** Mirrors celery/backends/base.py `_store_result` and celery/backends/redis.py `set`. */
  async storeResult(_request: ResultAddress, meta: TaskMeta): Promise<void> {
    const key = this.#keys.of(meta.task_id);
    const { expiresSeconds, protection, protectsResults } = this.#options;
    const text = encodeTaskMeta(meta, 'json', protectsResults ? protection : undefined).content;
    await this.#run((redis) => redis.storeTaskMeta(key, text, expiresSeconds));
  }

  async #subscribeAndRead(subscriber: Redis, key: string, taskId: string): Promise<void> {
    await subscriber.subscribe(key);
    const meta = await this.getTaskMeta(taskId);
    if (meta !== null && READY_STATES.has(meta.status)) this.#waiters.settle(taskId, meta);
  }

  #onPublished(channel: string, text: string): void {
    const taskId = this.#keys.taskId(channel);
    if (taskId === undefined || !this.#waiters.has(taskId)) return;
    try {
      const meta = this.#decode(Buffer.from(text));
      if (READY_STATES.has(meta.status)) this.#waiters.settle(taskId, meta);
    } catch (error) {
      this.#options.logger.warn('a published result could not be read', { taskId, error });
    }
  }

  /** A stored result has no content type: a plain one is an object with a status. */
  #decode(text: Buffer): TaskMeta {
    const { protection } = this.#options;
    const isPlain = protection === undefined || text.includes('"status"');
    return decodeTaskMeta(text, isPlain ? JSON_TYPE : protection.contentType, undefined, protection);
  }

  #connect(use: 'commands' | 'subscriber'): ScriptedRedis & ChordRedis {
    const redis = new Redis(this.#options.url, {
      connectionName: `celery-gateway-results-${use}`,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: null,
      scripts: { ...scripts, ...chordScripts },
      // The commands of one turn of the event loop go out in one write.
      enableAutoPipelining: use === 'commands',
      retryStrategy: (attempt: number) => Math.min(attempt * 100, RECONNECT_MAX_MS),
    }) as ScriptedRedis & ChordRedis;
    redis.on('error', (error: Error) => {
      this.#lastError = error.message;
      this.#options.logger.warn('Redis result backend', { use, error: error.message });
    });
    // Results published while the subscription was down are only in their keys.
    if (use === 'subscriber') redis.on('ready', () => this.#readMissed());
    return redis;
  }

  #readMissed(): void {
    for (const taskId of this.#waiters.tasks()) {
      this.getTaskMeta(taskId).then(
        (meta) => meta !== null && READY_STATES.has(meta.status) && this.#waiters.settle(taskId, meta),
        (error: unknown) => this.#options.logger.warn('a missed result could not be read', { taskId, error }),
      );
    }
  }

  async #run<T>(command: (redis: ScriptedRedis & ChordRedis) => Promise<T>): Promise<T> {
    if (!this.#commands) throw unavailable(undefined);
    try {
      return await command(this.#commands);
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

const unavailable = (cause: unknown): ConnectionError =>
  new ConnectionError('CONNECTION_LOST', 'The Redis result backend does not answer', {
    retryable: true,
    details: { backend: 'redis' },
    cause,
  });
