import type { Clock, Logger } from '../../runtime';
import type { Handler } from './request-context';

/** Cut, so that a long path does not make a long line of each attack. */
const MAX_LOGGED_PATH = 256;

/**
 * One line per finished request. `problems` (the default) logs those answered 400 and above: a line per success would
 * cost the submit path more than its validation, and tells little that metrics do not.
 */
export function accessLog(
  logged: 'all' | 'problems' | 'off',
  logger: Pick<Logger, 'info' | 'warn'>,
  clock: Pick<Clock, 'monotonic'>,
): Handler {
  if (logged === 'off') return (_req, _res, next) => next();
  const least = logged === 'all' ? 0 : 400;
  return (req, res, next): void => {
    const startedAt = clock.monotonic();
    res.once('finish', () => {
      if (res.statusCode < least) return;
      const fields = {
        requestId: res.locals.requestId,
        method: req.method,
        // Without the query: only the path belongs in a log.
        path: (req.originalUrl.split('?')[0] ?? '').slice(0, MAX_LOGGED_PATH),
        status: res.statusCode,
        durationMs: Math.round((clock.monotonic() - startedAt) * 10) / 10,
        remoteAddress: req.ip,
        caller: res.locals.principal?.id,
      };
      if (res.statusCode >= 500) logger.warn('request', fields);
      else logger.info('request', fields);
    });
    next();
  };
}
