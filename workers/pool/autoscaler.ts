import type { Clock, Logger } from '../../runtime';

/** Between how many and how many slots a pool may have. */
export interface AutoscaleRange {
  readonly max: number;
  readonly min: number;
}

export interface AutoscalerOptions {
  readonly range: AutoscaleRange;
  /** How long the pool must have been without growth and new tasks before it shrinks (AUTOSCALE_KEEPALIVE), ms. */
  readonly keepaliveMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pool: { readonly size: number; resize(size: number): void };
  /** Tasks received and not yet ended, held ones not counted. */
  readonly load: () => number;
  /** Tasks ended so far. */
  readonly processed: () => number;
}

const TICK_MS = 500;

/**
 * Grows the pool to its load at once and shrinks it after a quiet time; mirrors celery/worker/autoscale.py `Autoscaler`.
 * It looks twice a second and not at each message, so that a message costs nothing.
 */
export class Autoscaler {
  private range: AutoscaleRange;
  private timer: NodeJS.Timeout | undefined;
  /** Monotonic ms of the last growth or arrival. */
  private lastActive: number;
  private lastSeen = 0;

  constructor(private readonly options: AutoscalerOptions) {
    this.range = options.range;
    this.lastActive = options.clock.monotonic();
  }

  get max(): number {
    return this.range.max;
  }

  start(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One look at the load. */
  tick(): void {
    const { pool, clock, logger, keepaliveMs } = this.options;
    const load = this.options.load();
    this.noteArrivals(load);
    const grown = Math.min(load, this.range.max);
    if (grown > pool.size) {
      logger.info(`Scaling up ${grown - pool.size} processes.`);
      this.lastActive = clock.monotonic();
      pool.resize(grown);
      return;
    }
    const shrunk = Math.max(load, this.range.min);
    if (shrunk < pool.size && clock.monotonic() - this.lastActive > keepaliveMs) {
      logger.info(`Scaling down ${pool.size - shrunk} processes.`);
      pool.resize(shrunk);
    }
  }

  /** New limits; the pool is brought within them at once. What is not named stays. */
  update(changes: { readonly max?: number | undefined; readonly min?: number | undefined }): AutoscaleRange {
    const { pool } = this.options;
    const { max = this.range.max, min = this.range.min } = changes;
    this.range = { max, min };
    const within = Math.max(min, Math.min(max, pool.size));
    if (within !== pool.size) pool.resize(within);
    return this.range;
  }

  /** As `stats` shows it. */
  info(): Readonly<Record<'max' | 'min' | 'current' | 'qty', number>> {
    return { ...this.range, current: this.options.pool.size, qty: this.options.load() };
  }

  /** Tasks seen so far, running or ended, only grow when some arrived. */
  private noteArrivals(load: number): void {
    const seen = load + this.options.processed();
    if (seen > this.lastSeen) this.lastActive = this.options.clock.monotonic();
    this.lastSeen = seen;
  }
}
