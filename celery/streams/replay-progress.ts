import type { AmqpLogger } from '../../amqp';

/** How often a long replay says how far it is. */
const SAY_EVERY_MS = 5000;
/** Looking at the clock for each entry would cost more than counting it. */
const LOOK_EVERY = 1000;

/** Says in the log how the replay of a durable log goes, so that a slow start explains itself. */
export class ReplayProgress {
  #entries = 0;
  #startedAt = 0;
  #saidAt = 0;

  constructor(
    private readonly queue: string,
    private readonly logger: AmqpLogger,
    private readonly now: () => number,
  ) {}

  /** One more entry was read. */
  entry(): void {
    if (this.#entries === 0) {
      this.#startedAt = this.now();
      this.#saidAt = this.#startedAt;
    }
    this.#entries += 1;
    if (this.#entries % LOOK_EVERY !== 0) return;
    const now = this.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    this.logger.info('replaying a log', { queue: this.queue, ...this.#soFar(now) });
  }

  /** All that was there has been read. */
  end(): void {
    this.logger.info('a log was replayed', { queue: this.queue, ...this.#soFar(this.now()) });
  }

  #soFar(now: number): { readonly entries: number; readonly forMs: number } {
    return { entries: this.#entries, forMs: now - this.#startedAt };
  }
}
