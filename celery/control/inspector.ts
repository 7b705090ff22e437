import { QueueError } from '../../amqp';
import { BoundedIndex } from '../streams';
import type { ControlClient } from './control-client';
import type { ControlReplies } from './control-replies';

export interface InspectorOptions {
  readonly control: Pick<ControlClient, 'broadcast'>;
  /** How long answers are served again, in milliseconds; 0 keeps none. */
  readonly cacheMs: number;
  /** Broadcasts under way at the same time. */
  readonly maxBroadcasts: number;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonic: () => number;
}

interface Kept {
  readonly replies: ControlReplies;
  readonly until: number;
}

const MAX_KEPT = 256;
/** More questions than this are not queued behind the broadcasts under way. */
const MAX_WAITING = 1000;

/**
 * Looks at workers without flooding them: those who ask the same at the same time share one broadcast, its answers are served
 * again for a moment, and only so many broadcasts are under way. For commands that change nothing.
 */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #underWay = new Map<string, Promise<ControlReplies>>();
  readonly #kept = new BoundedIndex<string, Kept>(MAX_KEPT);
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #generation = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  /**
   * @param destination nodenames; empty asks all.
   * @throws QueueError `PUBLISHER_SATURATED`, retryable, when too many questions wait; RabbitMQError as the broadcast throws.
   */
  inspect(
    method: string,
    args: Readonly<Record<string, unknown>> = {},
    destination: readonly string[] = [],
  ): Promise<ControlReplies> {
    const key = JSON.stringify([method, args, [...destination].sort((a, b) => (a < b ? -1 : 1))]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#options.monotonic() < kept.until) return Promise.resolve(kept.replies);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const asked = this.#ask(key, () => this.#options.control.broadcast(method, args, { destination }));
    this.#underWay.set(key, asked);
    return asked;
  }

  /** What was answered before is not served again: workers have been changed. */
  forget(): void {
    this.#generation += 1;
    this.#kept.clear();
    this.#underWay.clear();
  }

  async #ask(key: string, broadcast: () => Promise<ControlReplies>): Promise<ControlReplies> {
    const generation = this.#generation;
    try {
      await this.#turn();
      try {
        const replies = await broadcast();
        if (generation === this.#generation) {
          this.#kept.set(key, { replies, until: this.#options.monotonic() + this.#options.cacheMs });
        }
        return replies;
      } finally {
        this.#running -= 1;
        this.#waiting.shift()?.();
      }
    } finally {
      if (generation === this.#generation) this.#underWay.delete(key);
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#options.maxBroadcasts) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) {
      throw new QueueError('PUBLISHER_SATURATED', 'Too many questions to workers are waiting.', {
        retryable: true,
      });
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }
}
