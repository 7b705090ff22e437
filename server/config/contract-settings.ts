import { flag, integer } from '../../runtime';

/** What the gateway tells of itself. */
export const contractSettings = {
  GATEWAY_DOCS_ENABLED: flag({
    default: true,
    description:
      'Serve the OpenAPI document at /openapi.json and the page made from it at /docs, without a key.',
  }),
  METRICS_ENABLED: flag({ default: true, description: 'Count, and serve Prometheus at /metrics.' }),
  METRICS_OPEN: flag({
    default: false,
    description: 'Serve /metrics without a key; else it needs one with the scope tasks:read.',
  }),
  METRICS_HOSTNAMES: flag({
    default: true,
    description:
      "Label task and worker metrics with the worker's host, as celery-exporter does. Without, hosts that come and go leave no series.",
  }),
  METRICS_MAX_SERIES: integer({
    default: 2000,
    min: 10,
    max: 100_000,
    description:
      'Combinations of task name, host and queue that are told apart; further ones count as `other`.',
  }),
  METRICS_MAX_QUEUES: integer({
    default: 100,
    min: 1,
    max: 10_000,
    description: 'Queues whose length is asked for at a scrape.',
  }),
  METRICS_INSPECT_INTERVAL_SECONDS: integer({
    default: 30,
    min: 0,
    max: 3600,
    description:
      'Workers are asked which queues they consume at most this often, and only when scraped; 0 never asks.',
  }),
} as const;
