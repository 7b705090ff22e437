import type { ConfirmPublisher } from '../../amqp';
import type { MetricsRegistry } from './metrics-registry';

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What is on its way to the broker, and how long the broker takes to confirm. */
export function publishMetrics(
  registry: MetricsRegistry,
  publisher: Pick<ConfirmPublisher, 'inFlight' | 'observeAnswers'>,
): void {
  registry.gauge({
    name: 'celery_gateway_publishes_in_flight',
    help: 'Messages that the broker has not confirmed yet.',
    collect: () => [{ labels: {}, value: publisher.inFlight }],
  });
  const latency = registry.histogram({
    name: 'celery_gateway_publish_confirm_seconds',
    help: "Seconds from a publish to the broker's confirm (or refusal).",
    labels: [],
    buckets: BUCKETS,
  });
  publisher.observeAnswers((waitedMs) => latency.observe(waitedMs / 1000));
}
