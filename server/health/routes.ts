import { sendJson } from '../http/json-response';
import { RETRY_AFTER_SECONDS } from '../http/problem';
import type { RouteDefinition } from '../http/route';
import { livenessSchema, readinessSchema } from './schema';
import type { HealthService } from './service';
import { readinessView } from './view';

/** Probes: `live` says that the event loop turns in time, `ready` that traffic is welcome. No key, no rate limit. */
export function healthRoutes(
  service: Pick<HealthService, 'readiness' | 'liveness'>,
): readonly RouteDefinition[] {
  const open = { method: 'get', scope: null, bucket: 'none', body: 'none', startsWork: false } as const;
  return [
    {
      ...open,
      path: '/health/live',
      api: {
        summary: 'Whether the process lives',
        operationId: 'getLiveness',
        problems: [],
        tag: 'health',
        responses: {
          200: { description: 'The event loop turns.', schema: livenessSchema },
          503: { description: 'It has been late for long: start the process anew.', schema: livenessSchema },
        },
      },
      handle: (_req, res) => {
        const { live, loopLagMs } = service.liveness();
        sendJson(res, live ? 200 : 503, { status: live ? 'live' : 'stuck', loop_lag_ms: loopLagMs });
      },
    },
    {
      ...open,
      path: '/health/ready',
      api: {
        summary: 'Whether traffic is welcome',
        operationId: 'getReadiness',
        problems: [],
        tag: 'health',
        responses: {
          200: { description: 'Submissions and reads are served.', schema: readinessSchema },
          503: { description: 'They are not, now.', schema: readinessSchema },
        },
      },
      handle: async (_req, res) => {
        const readiness = await service.readiness();
        if (!readiness.ready) res.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
        sendJson(res, readiness.ready ? 200 : 503, readinessView(readiness));
      },
    },
  ];
}
