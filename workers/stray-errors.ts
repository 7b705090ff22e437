import type { Logger } from '../runtime';

/**
 * What tasks leave behind on the event loop that nobody waits for. A rejected promise is logged, and nothing else suffers. After an
 * error that was thrown nowhere (from a timer, a callback) nobody knows what is still whole: the worker finishes what runs and ends,
 * for what keeps it running to start it anew; ending at once would lose the early-acknowledged tasks of others.
 */
export function watchStrayErrors(logger: Pick<Logger, 'error'>, stop: () => void): void {
  process.on('unhandledRejection', (error) => {
    logger.error('a promise was rejected and nobody waited for it', { error });
  });
  process.on('uncaughtException', (error) => {
    logger.error('an error was thrown outside of every task: the worker stops', { error });
    stop();
  });
}
