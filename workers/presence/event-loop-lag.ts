import type { Clock, Logger } from '../../runtime';

export interface EventLoopLagOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ids of the tasks that run now. */
  readonly running: () => readonly string[];
  /** How many tasks have ended, and the ids of the last of them since that many had. */
  readonly ended: () => number;
  readonly endedSince: (ended: number) => readonly string[];
}

const TICK_MS = 250;
const WARN_AFTER_MS = 1_000;
/** Twice the heartbeat of 10 s: then the broker gives the connection up, and redelivers. */
const LINK_LOST_AFTER_MS = 20_000;
const MAX_NAMED = 20;

/**
 * Notices that the event loop stood still, and says so with the tasks that may have done it: while it stands, no heartbeat
 * goes out and no remote control is answered. Looks four times a second; tasks pay nothing.
 */
export class EventLoopLag {
  private timer: NodeJS.Timeout | undefined;
  private expectedAt = 0;
  private endedBefore = 0;

  constructor(private readonly options: EventLoopLagOptions) {}

  start(): void {
    if (this.timer !== undefined) return;
    this.expect();
    this.timer = setInterval(() => this.look(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One look; a timer calls it, late by as much as the loop stood still. */
  look(): void {
    const { clock, logger, running, endedSince } = this.options;
    const blockedMs = Math.round(clock.monotonic() - this.expectedAt);
    if (blockedMs >= WARN_AFTER_MS) {
      const tasks = [...new Set([...endedSince(this.endedBefore), ...running()])].slice(0, MAX_NAMED);
      logger.warn('the event loop was blocked', {
        blockedMs,
        tasks,
        hint: 'run CPU-bound tasks with --pool threads',
        ...(blockedMs >= LINK_LOST_AFTER_MS
          ? { consequence: 'the broker may have closed the connection and redelivered' }
          : {}),
      });
    }
    this.expect();
  }

  private expect(): void {
    this.expectedAt = this.options.clock.monotonic() + TICK_MS;
    this.endedBefore = this.options.ended();
  }
}
