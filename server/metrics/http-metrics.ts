import type { Handler } from '../http/request-context';
import type { MetricsRegistry } from './metrics-registry';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Where no route was found: paths are the caller's, and each would be a series. */
const NO_ROUTE = 'none';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Durations of requests by the pattern of their route: a handler to put before the routes. */
export function httpMetrics(registry: MetricsRegistry): Handler {
  const durations = registry.histogram({
    name: 'celery_gateway_http_request_duration_seconds',
    help: 'Seconds from the request to the end of its answer; streams and long polls last as long as they are open.',
    labels: ['method', 'route', 'status'],
    buckets: BUCKETS,
  });
  return (req, res, next) => {
    const startedAt = performance.now();
    res.once('finish', () => {
      const path: unknown = req.route?.path;
      const labels = {
        method: METHODS.has(req.method) ? req.method : NO_ROUTE,
        route: typeof path === 'string' ? path : NO_ROUTE,
        status: String(res.statusCode),
      };
      durations.observe(labels, (performance.now() - startedAt) / 1000);
    });
    next();
  };
}
