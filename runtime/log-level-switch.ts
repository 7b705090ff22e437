import type { Clock } from './clock';
import type { LogLevel } from './logger';

/** A logger whose level can be changed while it is in use. */
export interface LevelledLogger {
  level: string;
  warn(message: string, meta?: object): unknown;
}

export interface LogLevelSwitchOptions {
  readonly logger: LevelledLogger;
  readonly configured: LogLevel;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Changes how much is logged while the program runs: one that misbehaves need not be restarted to be looked at. Children of
 * the logger follow.
 */
export class LogLevelSwitch {
  private current: LogLevel;
  private back: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;

  constructor(private readonly options: LogLevelSwitchOptions) {
    this.current = options.configured;
  }

  get level(): LogLevel {
    return this.current;
  }

  get configured(): LogLevel {
    return this.options.configured;
  }

  /** Epoch milliseconds at which the configured level comes back by itself. */
  get until(): number | undefined {
    return this.back?.at;
  }

  /**
   * @param by what changed it, for the log
   * @param forMs after which the configured level is back; undefined: it stays
   */
  set(level: LogLevel, by: string, forMs?: number): void {
    clearTimeout(this.back?.timer);
    this.back = undefined;
    const { logger, clock } = this.options;
    // Said while it is `debug` both times, or a quiet level would hide the change itself.
    logger.level = 'debug';
    logger.warn('the log level is changed', { from: this.current, to: level, by });
    logger.level = level;
    this.current = level;
    if (forMs === undefined) return;
    const timer = setTimeout(() => this.set(this.configured, 'the end of its time'), forMs);
    timer.unref();
    this.back = { timer, at: clock.now() + forMs };
  }
}

/** SIGUSR2 turns the log to `debug` and, the next time, back. @returns what gives the signal back. */
export function installLogLevelSignal(
  levels: Pick<LogLevelSwitch, 'level' | 'configured' | 'set'>,
): () => void {
  const toggle = (): void => levels.set(levels.level === 'debug' ? levels.configured : 'debug', 'SIGUSR2');
  process.on('SIGUSR2', toggle);
  return () => process.off('SIGUSR2', toggle);
}
