import { randomUUID } from 'node:crypto';
import { HealthService, healthRoutes, LoopWatch, PublishCanary } from '../health';
import type { Feature, FeatureContext } from './feature';

/** The probes, and what they look at. */
export function health({ config, clock, messaging, broker, drain, access }: FeatureContext): Feature {
  const loop = new LoopWatch({ clock });
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
  const service = new HealthService({
    messaging,
    drain,
    canary,
    apiKeys: access.loaded.health,
    loop,
    maxLagMs: config.LIVENESS_MAX_LAG_MS,
  });
  return {
    routes: healthRoutes(service),
    parts: [{ name: 'event loop watch', start: () => loop.start(), stop: () => loop.stop() }],
  };
}
