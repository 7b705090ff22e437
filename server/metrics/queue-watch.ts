import { ConnectionError, type Topology } from '../../amqp';
import type { ControlClient } from '../../celery';
import type { Clock } from '../../runtime';

/** A queue as a scrape sees it. */
export interface WatchedQueue {
  readonly name: string;
  /** Messages ready for delivery. */
  readonly length: number;
  readonly consumers: number;
  readonly workers: number;
  readonly processes: number;
}

export interface QueueWatchDeps {
  readonly topology: Pick<Topology, 'queueStatus'>;
  readonly control: Pick<ControlClient, 'broadcast'>;
  readonly queueNames: () => readonly string[];
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly maxQueues: number;
  /** Workers are asked at most this often; 0 asks none. */
  readonly inspectIntervalMs: number;
  /** Whether the broker is there. Without it a scrape would wait for it, with all that it tells of other brokers. */
  readonly connected?: () => boolean;
}

/** Scrapes of one moment, by several Prometheus servers, share one look. */
const FRESH_MS = 2000;

interface Consumed {
  readonly workers: number;
  readonly processes: number;
}

/** Looks at the queues of Celery workers when a scrape asks, and not more often than is good for the broker. */
export class QueueWatch {
  #looked: { readonly at: number; readonly queues: Promise<readonly WatchedQueue[]> } | undefined;
  #inspected: { readonly at: number; readonly byQueue: ReadonlyMap<string, Consumed> } | undefined;

  constructor(private readonly deps: QueueWatchDeps) {}

  /** @throws ConnectionError while the broker is away. */
  async queues(): Promise<readonly WatchedQueue[]> {
    if (this.deps.connected?.() === false)
      throw new ConnectionError('BROKER_UNREACHABLE', 'the broker is away', { retryable: true });
    const now = this.deps.clock.monotonic();
    if (this.#looked === undefined || now - this.#looked.at > FRESH_MS) {
      const queues = this.#look(now);
      // The failure goes to who asked; the next scrape looks again.
      queues.catch(() => {
        this.#looked = undefined;
      });
      this.#looked = { at: now, queues };
    }
    return this.#looked.queues;
  }

  async #look(now: number): Promise<readonly WatchedQueue[]> {
    const consumed = await this.#consumedQueues(now);
    const names = new Set([...this.deps.queueNames(), ...consumed.keys()]);
    const found: WatchedQueue[] = [];
    for (const name of [...names].slice(0, this.deps.maxQueues)) {
      const status = await this.deps.topology.queueStatus(name);
      if (status === null) continue;
      const { workers = 0, processes = 0 } = consumed.get(name) ?? {};
      found.push({ name, length: status.messageCount, consumers: status.consumerCount, workers, processes });
    }
    return found;
  }

  async #consumedQueues(now: number): Promise<ReadonlyMap<string, Consumed>> {
    const { inspectIntervalMs, control } = this.deps;
    if (inspectIntervalMs === 0) return new Map();
    if (this.#inspected !== undefined && now - this.#inspected.at < inspectIntervalMs) {
      return this.#inspected.byQueue;
    }
    const [queues, stats] = await Promise.all([
      control.broadcast('active_queues'),
      control.broadcast('stats'),
    ]);
    this.#inspected = { at: now, byQueue: consumption(queues.replies, stats.replies) };
    return this.#inspected.byQueue;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** How many processes a worker has, by its `stats`. */
function processCount(stats: unknown): number {
  const pool = isRecord(stats) ? stats.pool : undefined;
  if (!isRecord(pool)) return 0;
  return Array.isArray(pool.processes) ? pool.processes.length : 0;
}

function consumption(
  queues: Readonly<Record<string, unknown>>,
  stats: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, Consumed> {
  const byQueue = new Map<string, Consumed>();
  for (const [worker, consumed] of Object.entries(queues)) {
    for (const queue of Array.isArray(consumed) ? consumed : []) {
      const name = isRecord(queue) ? queue.name : undefined;
      if (typeof name !== 'string') continue;
      const { workers, processes } = byQueue.get(name) ?? { workers: 0, processes: 0 };
      byQueue.set(name, { workers: workers + 1, processes: processes + processCount(stats[worker]) });
    }
  }
  return byQueue;
}
