import { RabbitMQError } from '../../amqp';
import { BoundedIndex } from '../streams';

const REMEMBERED = 10_000;
const MAX_FAILURES = 5;

/** What is known of joins beyond the channel they were held on: which are over, and which would fail each time. */
export class JoinVerdicts {
  readonly #settled = new BoundedIndex<string, true>(REMEMBERED);
  readonly #failures = new BoundedIndex<string, number>(REMEMBERED);
  readonly #refused = new BoundedIndex<string, unknown>(REMEMBERED);

  isSettled(key: string): boolean {
    return this.#settled.get(key) === true;
  }

  settled(key: string): void {
    this.#settled.set(key, true);
  }

  /** Why a join is not to be tried again; undefined: it is. */
  refusal(key: string): unknown {
    return this.#refused.get(key);
  }

  /** An attempt failed. The broker's troubles pass, but for a publish that makes it close the channel; others are ours and stay. */
  failed(key: string, error: unknown): void {
    if (error instanceof RabbitMQError) {
      if (error.code === 'ACCESS_REFUSED' || error.code === 'EXCHANGE_NOT_FOUND')
        this.#refused.set(key, error);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    if (failures >= MAX_FAILURES) this.#refused.set(key, error);
  }
}
