/** Bounds of the waits between attempts, in milliseconds. */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly random: () => number;
}

/**
 * Exponential backoff with full jitter: a wait is drawn evenly from zero to a ceiling that doubles with each round of
 * failures, so that many processes do not come back in step.
 */
export class Backoff {
  #failures = 0;

  /** @param attemptsPerRound the ceiling grows once per so many attempts, e.g. the number of brokers to try */
  constructor(
    private readonly options: BackoffOptions,
    private readonly attemptsPerRound = 1,
  ) {}

  /** How long to wait before the next attempt, in milliseconds; counts a failure. */
  next(): number {
    const { initialMs, maxMs, random } = this.options;
    const round = Math.floor(this.#failures / this.attemptsPerRound);
    this.#failures += 1;
    return random() * Math.min(maxMs, initialMs * 2 ** Math.min(round, 30));
  }

  /** The next failure counts as the first one. */
  reset(): void {
    this.#failures = 0;
  }
}
