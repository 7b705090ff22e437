import type { Clock, Logger } from '../../runtime';
import type { Handler } from './request-context';

/** Cut, so that a long path does not make a long line of each attack. */
const MAX_LOGGED_PATH = 256;

/** Where a submission answers that its task is. */
const TASK_LOCATION = /^(?:\/brokers\/[^/]+)?\/rabbitmq\/tasks\/([^/]+)$/;

/** What Express keeps of the route that matched. */
function routeOf(route: unknown): string | undefined {
  const path = typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
  return typeof path === 'string' ? path : undefined;
}

/** The parameters are gone by the time an error was answered; the path is not. */
function taskIdOf(route: string | undefined, path: string, location: unknown): string | undefined {
  const at = route?.split('/').indexOf(':task_id') ?? -1;
  if (at !== -1) return path.split('/')[at];
  return typeof location === 'string' ? TASK_LOCATION.exec(location)?.[1] : undefined;
}

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
      const route = routeOf(req.route);
      // Without the query: only the path belongs in a log.
      const path = (req.originalUrl.split('?')[0] ?? '').slice(0, MAX_LOGGED_PATH);
      const fields = {
        requestId: res.locals.requestId,
        method: req.method,
        // Of the pattern, not of the path: what is asked for most shows without names in the way.
        route,
        path,
        status: res.statusCode,
        durationMs: Math.round((clock.monotonic() - startedAt) * 10) / 10,
        remoteAddress: req.ip,
        keyId: res.locals.principal?.id,
        tenant: res.locals.principal?.tenant,
        taskId: taskIdOf(route, path, res.getHeader('Location')),
        code: res.locals.problem,
      };
      if (res.statusCode >= 500) logger.warn('request', fields);
      else logger.info('request', fields);
    });
    next();
  };
}
