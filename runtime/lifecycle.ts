import type { Clock } from './clock';
import type { Logger } from './logger';

/** A stateful thing. Both calls are idempotent, and `stop` before `start` is allowed. */
export interface Lifecycle {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A part of the process, named for the log. */
export interface LifecyclePart extends Lifecycle {
  readonly name: string;
  /**
   * Called instead of `stop` on a cold stop; without it a cold stop leaves the part as it is. The process ends once it is
   * done, or at the next signal.
   */
  kill?(): void | Promise<void>;
}

export interface ProcessLifecycleOptions {
  /** Started in this order, stopped in the reverse one. */
  readonly parts: readonly LifecyclePart[];
  /** The whole warm stop must be over within this. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** `process.exit`, or what a test watches. */
  readonly exit: (code: number) => void;
  /** Told of each stop that a signal begins, for programs that say so whatever their log level. */
  readonly announce?: (stop: 'warm' | 'cold', signal: NodeJS.Signals) => void;
}

/** Exit status after a cold stop, a warm stop that passed its deadline, or a part that could not stop. */
const EXIT_FORCED = 1;

/** Starts the parts in order and stops them in reverse order, once, within a deadline; owns the signals. */
export class ProcessLifecycle implements Lifecycle {
  private readonly started: LifecyclePart[] = [];
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private killing: boolean = false;
  private uninstall: () => void = () => undefined;

  constructor(private readonly options: ProcessLifecycleOptions) {}

  /** True from the first signal (or `stop()`) on. */
  get stopRequested(): boolean {
    return this.stopping !== undefined;
  }

  start(): Promise<void> {
    this.starting ??= this.startParts();
    return this.starting;
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopParts();
    return this.stopping;
  }

  /**
   * SIGTERM, SIGINT and SIGHUP (the terminal is gone): first a warm stop, then a cold one. SIGQUIT: cold at once (as Celery's
   * worker does).
   */
  installSignals(): void {
    const warm = (signal: NodeJS.Signals): void => {
      if (this.stopRequested) {
        this.cold(signal);
        return;
      }
      this.options.logger.info('warm stop', { signal });
      this.options.announce?.('warm', signal);
      void this.stop().then(
        () => this.options.exit(0),
        // Too late: what still runs is told so, and others hear of it.
        () => (this.killing ? undefined : this.cold(signal)),
      );
    };
    const cold = (signal: NodeJS.Signals): void => this.cold(signal);
    const hangup = (signal: NodeJS.Signals): void => {
      // Where they were the terminal that went away, what the stop still says must not end it.
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
      warm(signal);
    };
    process.on('SIGTERM', warm).on('SIGINT', warm).on('SIGHUP', hangup).on('SIGQUIT', cold);
    this.uninstall = () => {
      process.off('SIGTERM', warm).off('SIGINT', warm).off('SIGHUP', hangup).off('SIGQUIT', cold);
    };
  }

  /** Gives the signals back; tests need it. */
  removeSignals(): void {
    this.uninstall();
  }

  private cold(signal: NodeJS.Signals): void {
    if (this.killing) {
      this.options.exit(EXIT_FORCED);
      return;
    }
    this.killing = true;
    this.options.logger.warn('cold stop', { signal });
    this.options.announce?.('cold', signal);
    const killed = [...this.started].reverse().map((part) => part.kill?.());
    const pending = killed.filter((done) => done !== undefined);
    if (pending.length === 0) this.options.exit(EXIT_FORCED);
    else void Promise.allSettled(pending).then(() => this.options.exit(EXIT_FORCED));
  }

  private async startParts(): Promise<void> {
    for (const part of this.options.parts) {
      if (this.stopRequested) return;
      // Noted before it has started: a part that fails half-way may hold something that must be given back.
      this.started.push(part);
      await part.start();
    }
  }

  private async stopParts(): Promise<void> {
    const { clock, deadlineMs, logger } = this.options;
    const endsAt = clock.monotonic() + deadlineMs;
    const problems: unknown[] = [];
    for (const part of [...this.started].reverse()) {
      try {
        await within(Math.max(0, endsAt - clock.monotonic()), part);
      } catch (error) {
        problems.push(error);
        logger.error('a part did not stop', { part: part.name, error });
      }
    }
    if (problems.length > 0) throw new AggregateError(problems, 'the process did not stop cleanly');
  }
}

/** One part that hangs must not keep the ones below it from being told to stop. */
async function within(ms: number, part: LifecyclePart): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${part.name} did not stop in time`)), ms);
  });
  try {
    await Promise.race([part.stop(), late]);
  } finally {
    clearTimeout(timer);
  }
}
