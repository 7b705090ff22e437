import { sendJson } from '../http/json-response';
import { RETRY_AFTER_SECONDS } from '../http/problem';
import type { RouteDefinition } from '../http/route';
import type { HealthService } from './service';
import { readinessView } from './view';

/** Probes: `live` says the event loop turns, `ready` that traffic is welcome. No key, no rate limit. */
export function healthRoutes(service: Pick<HealthService, 'readiness'>): readonly RouteDefinition[] {
  const open = { method: 'get', role: null, bucket: 'none', body: false, startsWork: false } as const;
  return [
    {
      ...open,
      path: '/health/live',
      handle: (_req, res) => sendJson(res, 200, { status: 'live' }),
    },
    {
      ...open,
      path: '/health/ready',
      handle: (_req, res) => {
        const readiness = service.readiness();
        if (!readiness.ready) res.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
        sendJson(res, readiness.ready ? 200 : 503, readinessView(readiness));
      },
    },
  ];
}
