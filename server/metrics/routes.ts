import type { RouteDefinition } from '../http/route';
import type { MetricsService } from './service';

export interface MetricsRoutesDeps {
  readonly service: Pick<MetricsService, 'scrape'>;
  /** Whether it is told without a key. */
  readonly open: boolean;
}

/** What Prometheus scrapes. */
export function metricsRoutes({ service, open }: MetricsRoutesDeps): readonly RouteDefinition[] {
  return [
    {
      method: 'get',
      path: '/metrics',
      scope: open ? null : 'tasks:read',
      bucket: 'none',
      body: 'none',
      startsWork: false,
      api: {
        summary: 'Metrics for Prometheus',
        description: "Tasks, workers and queues under celery-exporter's names, and the gateway's own.",
        operationId: 'getMetrics',
        problems: [],
        tag: 'metrics',
        responses: { 200: { description: "Prometheus' text format.", contentType: 'text/plain' } },
      },
      handle: async (_req, res) => {
        const { text, contentType } = await service.scrape();
        res.setHeader('Content-Type', contentType);
        res.setHeader('Cache-Control', 'no-store');
        res.end(text);
      },
    },
  ];
}
