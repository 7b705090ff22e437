import { type AmqpLogger, QueueError, RabbitMQError, type Topology } from '../../amqp';
import { celeryQueue } from '../protocol';
import { BoundedIndex } from '../streams';

export interface QueueWatchOptions {
  readonly topology: Pick<Topology, 'queueStatus' | 'ensureQueue' | 'ensureExchange' | 'bindQueue'>;
  /** Celery's `task_create_missing_queues`. */
  readonly createMissing: boolean;
  /** Age from which a check is renewed. */
  readonly intervalMs: number;
  /** A queue was gone, with what had been submitted to it since it was last seen, and can be published to again. */
  readonly onVanished: (vanished: VanishedQueue) => void;
  readonly logger: AmqpLogger;
  readonly now: () => number;
  /** Milliseconds that never jump, for ages. */
  readonly monotonic: () => number;
}

/** Tasks that may have gone down with their queue. */
export interface VanishedQueue {
  readonly queue: string;
  readonly taskIds: readonly string[];
  /** Epoch milliseconds of the last check that found the queue. */
  readonly lastSeen: number;
}

interface Watched {
  /** Epoch milliseconds when the last good check began; 0 for never. */
  seenAt: number;
  /** The same by the clock that never jumps. */
  freshFrom: number;
  checking: Promise<void> | undefined;
  /** Ids published since the last good check began. */
  since: string[];
  /** Ids lost with the queue, kept until it is there again. */
  lost: string[];
  lostSince: number;
}

const MAX_QUEUES = 10_000;
/** Ids kept per queue; beyond it the oldest are not named one by one any more. */
const MAX_IDS = 100_000;
/** A check this many intervals old is worth nothing: the publish waits for a new one. */
const RECENT_INTERVALS = 2;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Knows which queues exist, since with a record's BCC copy `mandatory` cannot tell any more: the stream counts as routed.
 * One passive check per queue before its first use and each `intervalMs` while used, off the hot path.
 */
export class QueueWatch {
  readonly #options: QueueWatchOptions;
  readonly #queues = new BoundedIndex<string, Watched>(MAX_QUEUES);

  constructor(options: QueueWatchOptions) {
    this.#options = options;
  }

  /**
   * @returns undefined where the queue was seen lately, so that the hot path needs no await; else a promise of its presence.
   * The promise throws QueueError `QUEUE_NOT_FOUND` where it may not be created, or what the broker's loss gives.
   */
  ensure(queue: string): Promise<void> | undefined {
    const watched = this.#watched(queue);
    const age = this.#options.monotonic() - watched.freshFrom;
    if (age < this.#options.intervalMs) return undefined;
    const check = this.#check(queue, watched);
    if (age >= this.#options.intervalMs * RECENT_INTERVALS) return check;
    check.catch((error: unknown) => this.#options.logger.warn('queue check failed', { queue, error }));
    return undefined;
  }

  /** Remembers a task about to be published, until the next check has seen its queue. */
  note(queue: string, taskId: string): void {
    const { since } = this.#watched(queue);
    if (since.length < MAX_IDS) since.push(taskId);
  }

  /** The broker returned a message: look again before the next publish. */
  invalidate(queue: string): void {
    const watched = this.#queues.get(queue);
    if (watched) watched.freshFrom = NEVER;
  }

  #watched(queue: string): Watched {
    let watched = this.#queues.get(queue);
    if (watched === undefined) {
      watched = { seenAt: 0, freshFrom: NEVER, checking: undefined, since: [], lost: [], lostSince: 0 };
      this.#queues.set(queue, watched);
    }
    return watched;
  }

  #check(queue: string, watched: Watched): Promise<void> {
    watched.checking ??= this.#look(queue, watched).finally(() => {
      watched.checking = undefined;
    });
    return watched.checking;
  }

  async #look(queue: string, watched: Watched): Promise<void> {
    const [began, freshFrom] = [this.#options.now(), this.#options.monotonic()];
    const before = watched.since;
    watched.since = [];
    let found: boolean;
    try {
      found = await this.#exists(queue);
    } catch (error) {
      watched.since = [...before, ...watched.since];
      throw error;
    }
    if (!found) {
      this.#lose(queue, watched, before);
      if (!this.#options.createMissing) {
        throw new QueueError('QUEUE_NOT_FOUND', `queue ${queue} does not exist`, { details: { queue } });
      }
      await this.#declare(queue);
    }
    watched.seenAt = began;
    watched.freshFrom = freshFrom;
    if (watched.lost.length > 0) this.#recover(queue, watched);
  }

  async #exists(queue: string): Promise<boolean> {
    try {
      return (await this.#options.topology.queueStatus(queue)) !== null;
    } catch (error) {
      // Another connection's exclusive queue: it is there, and the default exchange delivers to it.
      if (error instanceof RabbitMQError && error.code === 'RESOURCE_LOCKED') return true;
      throw error;
    }
  }

  #lose(queue: string, watched: Watched, before: readonly string[]): void {
    const taskIds = [...before, ...watched.since];
    const lastSeen = watched.seenAt;
    watched.seenAt = 0;
    watched.freshFrom = NEVER;
    watched.since = [];
    if (taskIds.length === 0) return;
    if (watched.lost.length === 0) watched.lostSince = lastSeen;
    watched.lost = [...watched.lost, ...taskIds].slice(0, MAX_IDS);
    this.#options.logger.error(
      'a queue vanished: tasks submitted since it was last seen may be lost with it',
      {
        queue,
        taskIds,
        lastSeen: new Date(lastSeen).toISOString(),
      },
    );
  }

  #recover(queue: string, watched: Watched): void {
    const vanished = { queue, taskIds: watched.lost, lastSeen: watched.lostSince };
    watched.lost = [];
    this.#options.onVanished(vanished);
  }

  /** As Celery would: celery/app/amqp.py `Queues.new_missing`. */
  async #declare(name: string): Promise<void> {
    const { topology, logger } = this.#options;
    const { exchange, queue, binding } = celeryQueue(name);
    await topology.ensureExchange(exchange);
    await topology.ensureQueue(queue);
    await topology.bindQueue(binding);
    logger.info('declared a missing queue', { queue: name });
  }
}
