import { QueueError } from './errors';
import type { Topology } from './topology';

/** How long an exchange that was there is taken to be there still, in milliseconds. */
const TRUST_MS = 5000;

/** Names remembered; the oldest goes first. */
const MAX_NAMES = 1000;

/**
 * Knows which exchanges exist. A publish to a missing exchange makes the broker close the channel under every other message
 * on it, so a name is checked passively, on a side channel, before it is used.
 */
export class ExchangeGate {
  readonly #trustedUntil = new Map<string, number>();
  readonly #checks = new Map<string, Promise<void>>();

  constructor(
    private readonly topology: Pick<Topology, 'exchangeExists'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the exchange was seen a short while ago. */
  isOpen(exchange: string): boolean {
    return (this.#trustedUntil.get(exchange) ?? 0) > this.now();
  }

  /**
   * Asks the broker; callers who ask at the same time share one check.
   *
   * @throws QueueError `EXCHANGE_NOT_FOUND`
   */
  check(exchange: string): Promise<void> {
    const running = this.#checks.get(exchange);
    if (running !== undefined) return running;
    const check = this.#ask(exchange).finally(() => this.#checks.delete(exchange));
    this.#checks.set(exchange, check);
    return check;
  }

  /** The exchange turned out to be gone. */
  forget(exchange: string): void {
    this.#trustedUntil.delete(exchange);
  }

  async #ask(exchange: string): Promise<void> {
    if (!(await this.topology.exchangeExists(exchange)))
      throw new QueueError('EXCHANGE_NOT_FOUND', `There is no exchange ${exchange}`, {
        details: { exchange },
      });
    this.#trustedUntil.delete(exchange);
    this.#trustedUntil.set(exchange, this.now() + TRUST_MS);
    if (this.#trustedUntil.size <= MAX_NAMES) return;
    const oldest = this.#trustedUntil.keys().next().value;
    if (oldest !== undefined) this.#trustedUntil.delete(oldest);
  }
}
