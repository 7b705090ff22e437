import type { Clock } from '../../runtime';

/** How often the loop is asked to be in time. */
const TICK_MS = 250;
/** A loop that was late now and then is busy; one that was late all the time is stuck. */
const TICKS = 8;

export interface LoopWatchOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Watches how late the event loop is. */
export class LoopWatch {
  readonly #lags: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;

  constructor(private readonly options: LoopWatchOptions) {}

  /**
   * The least of the last ticks' delays, in milliseconds: what is late all the time shows, one long turn does not. 0 until there
   * have been enough of them.
   */
  get sustainedLagMs(): number {
    return this.#lags.length < TICKS ? 0 : Math.min(...this.#lags);
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    this.#expect();
    // One after the other: an interval that is late would catch up.
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lags.length = 0;
  }

  #expect(): void {
    this.#dueAt = this.options.clock.monotonic() + TICK_MS;
  }

  #tick(): void {
    this.#lags.push(Math.max(0, this.options.clock.monotonic() - this.#dueAt));
    if (this.#lags.length > TICKS) this.#lags.shift();
    this.#expect();
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }
}
