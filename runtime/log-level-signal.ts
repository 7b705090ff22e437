import type { LogLevel } from './logger';

/** A logger whose level can be changed while it is in use. */
export interface LevelledLogger {
  level: string;
  warn(message: string, meta?: object): unknown;
}

/**
 * SIGUSR2 turns the log to `debug` and, the next time, back: a program that misbehaves need not be restarted to be looked at.
 * @returns what gives the signal back.
 */
export function installLogLevelSignal(logger: LevelledLogger, configured: LogLevel): () => void {
  const toggle = (): void => {
    const next = logger.level === 'debug' ? configured : 'debug';
    // Said while it is `debug` both times, or a quiet level would hide the change itself.
    logger.level = 'debug';
    logger.warn('the log level is changed by SIGUSR2', { to: next });
    logger.level = next;
  };
  process.on('SIGUSR2', toggle);
  return () => process.off('SIGUSR2', toggle);
}
