import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueDeclaration } from './declarations';
import { QueueError } from './errors';

/**
 * How long after the last quorum queue was declared RabbitMQ may still forget them: its directory of them is written when
 * nothing was declared for a moment. Measured on 3.10: gone at one second, there at two.
 */
const SETTLE_MS = 3000;

/** What settling is made of; a test owns its time. */
export interface SettlingQueuesOptions {
  /** Milliseconds that never jump. Default `performance.now`. */
  readonly monotonic?: () => number;
  readonly settleMs?: number;
}

/**
 * The quorum queues this process declared moments ago. A broker that is killed before it has written down that they exist comes
 * back with them empty, whatever it confirmed: so nothing is accepted for them yet.
 */
export class SettlingQueues {
  readonly #monotonic: () => number;
  readonly #settleMs: number;
  readonly #young = new Set<string>();
  #lastAt = 0;

  constructor({ monotonic = () => performance.now(), settleMs = SETTLE_MS }: SettlingQueuesOptions = {}) {
    this.#monotonic = monotonic;
    this.#settleMs = settleMs;
  }

  /** A queue is about to be declared, or just was. Each further quorum queue has the earlier ones wait with it. */
  note(queue: string): void {
    this.leftMs(queue);
    this.#young.add(queue);
    this.#lastAt = this.#monotonic();
  }

  /** Milliseconds until the queue keeps what it confirms; 0 for all others. */
  leftMs(queue: string): number {
    if (this.#young.size === 0) return 0;
    const left = this.#lastAt + this.#settleMs - this.#monotonic();
    if (left <= 0) this.#young.clear();
    return this.#young.has(queue) ? left : 0;
  }

  /** Why nothing is to be published to this queue now: `QUEUE_SETTLING`, retryable; undefined where it may be. */
  refusal(queue: string): QueueError | undefined {
    const left = this.leftMs(queue);
    if (left === 0) return undefined;
    return new QueueError('QUEUE_SETTLING', `The quorum queue ${queue} was declared a moment ago`, {
      retryable: true,
      details: { queue, retryAfterSeconds: Math.ceil(left / 1000) },
    });
  }

  /** Resolves when the queue keeps what it confirms. */
  async settled(queue: string): Promise<void> {
    for (let left = this.leftMs(queue); left > 0; left = this.leftMs(queue)) await sleep(left);
  }
}

/** Whether it asks for a quorum queue itself: a default of its virtual host is not seen. */
export const isQuorum = ({ arguments: args }: Pick<QueueDeclaration, 'arguments'>): boolean =>
  args?.['x-queue-type'] === 'quorum';
