import { randomUUID } from 'node:crypto';
import { HealthService, type HealthServiceDeps, healthRoutes, LoopWatch, PublishCanary } from '../health';
import type { Feature, FeatureContext } from './feature';

/** Says whether a broker is of use. */
export function createHealth(
  { config, clock, messaging, broker, drain }: FeatureContext,
  rest: Pick<HealthServiceDeps, 'apiKeys' | 'loop' | 'others'>,
): HealthService {
  const timeoutMs = config.READINESS_CANARY_TIMEOUT_MS;
  const canary =
    broker === undefined || timeoutMs === 0
      ? undefined
      : new PublishCanary({
          publisher: broker.publisher,
          topology: broker.topology,
          clock,
          queue: `celery-gateway.canary.${randomUUID()}`,
          timeoutMs,
        });
  return new HealthService({ messaging, drain, canary, maxLagMs: config.LIVENESS_MAX_LAG_MS, ...rest });
}

/** The probes, and what they look at. */
export function health(context: FeatureContext): Feature & { readonly service: HealthService } {
  const loop = new LoopWatch({ clock: context.clock });
  const apiKeys = context.access.loaded.health;
  const service = createHealth(context, { loop, apiKeys, others: context.further });
  return {
    service,
    routes: healthRoutes(service),
    parts: [{ name: 'event loop watch', start: () => loop.start(), stop: () => loop.stop() }],
  };
}
