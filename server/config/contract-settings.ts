import { flag, integer, list, optionalSecret } from '../../runtime';

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

/** Telling others what happens to tasks. */
export const webhookSettings = {
  WEBHOOKS_MAX: integer({ default: 1000, min: 1, max: 100_000, description: 'Webhooks there may be.' }),
  WEBHOOKS_ALLOWED: list<string>({
    description:
      'Host names, addresses and ranges (10.1.0.0/16) that webhooks may be posted to although they are not public.',
    separators: /[;,\s]+/,
    form: 'names, addresses and ranges, separated by , ; or spaces',
    item: (entry) => entry,
  }),
  WEBHOOKS_ALLOW_HTTP: flag({ default: false, description: 'Also post to http URLs; else only to https.' }),
  WEBHOOKS_SECRETS_KEY: optionalSecret({
    description:
      'Encrypts the signing secrets where they are kept, in a stream of the broker. The same for all gateways; without it they are kept as they are.',
  }),
  WEBHOOKS_CALLBACK_SECRETS: list<string>({
    description:
      'Lets submissions name a callback_url. Texts of 32 characters or more, newest first, the same for all gateways: each signs what is told, by a secret of each API key that is derived from it.',
    separators: /[;,\s]+/,
    form: 'secret texts, separated by , ; or spaces',
    item: (entry) => {
      if (entry.length < 32) throw new Error('holds a text of fewer than 32 characters');
      return entry;
    },
    secret: true,
  }),
  WEBHOOKS_SECRET_OVERLAP_SECONDS: integer({
    default: 86_400,
    min: 0,
    max: 31_536_000,
    description: 'How long the old secret of a webhook still signs after a rotation.',
  }),
  WEBHOOKS_TIMEOUT_MS: integer({
    default: 15_000,
    min: 100,
    max: 120_000,
    description: 'How long the answer to one delivery is waited for.',
  }),
  WEBHOOKS_CONCURRENCY: integer({
    default: 20,
    min: 1,
    max: 1000,
    description: 'Deliveries of one gateway that are under way at the same time.',
  }),
  WEBHOOKS_RETRY_SECONDS: list<number>({
    description:
      'Pauses before the second attempt of a delivery and those after it; up to a fifth longer each. Empty means 5, 30, 120, 600, 1800, 7200, 21600.',
    separators: /[;,\s]+/,
    form: 'seconds, separated by , ; or spaces',
    item: (entry) => {
      const seconds = Number(entry);
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > 604_800)
        throw new Error('holds no pause of 1 to 604800 s');
      return seconds;
    },
  }),
  WEBHOOKS_LOG_LIMIT: integer({
    default: 10_000,
    min: 100,
    max: 1_000_000,
    description: 'Deliveries whose outcome one gateway holds in memory.',
  }),
  WEBHOOKS_LOG_MAX_AGE_SECONDS: integer({
    default: 604_800,
    min: 3600,
    max: 31_536_000,
    description: 'How long the delivery log is kept. A delivery can be replayed for so long.',
  }),
} as const;
