import type { LifecyclePart } from '../../runtime';
import {
  type BrokerMetrics,
  MetricsService,
  metricsRoutes,
  ProcessMetrics,
  publishMetrics,
  QueueMetrics,
  QueueWatch,
  TaskMetrics,
  WorkerMetrics,
} from '../metrics';
import type { Feature, FeatureContext } from './feature';
import { type BrokerParts, isThere } from './messaging';

/** What is known of tasks, workers and queues. */
function celeryMetrics({ config, clock, metrics: registry }: FeatureContext, broker: BrokerParts) {
  const { history, workers, topology, control, celeryQueues, publisher } = broker;
  const hostnames = config.METRICS_HOSTNAMES;
  const maxSeries = config.METRICS_MAX_SERIES;
  const watch = new QueueWatch({
    topology,
    control,
    queueNames: () => celeryQueues.names(),
    clock,
    maxQueues: config.METRICS_MAX_QUEUES,
    inspectIntervalMs: config.METRICS_INSPECT_INTERVAL_SECONDS * 1000,
    connected: () => isThere(broker),
  });
  new QueueMetrics({ registry, watch, history, clock });
  publishMetrics(registry, publisher);
  registry.gauge({
    name: 'celery_gateway_history_tasks',
    help: 'Tasks held in the history.',
    collect: () => [{ labels: {}, value: history.size }],
  });
  return {
    tasks: new TaskMetrics({ registry, history, maxSeries, hostnames }),
    workers: new WorkerMetrics({ registry, workers, clock, maxHosts: maxSeries, hostnames }),
  };
}

/** What is counted of a further broker, and what has to run for it. */
export interface CountedBroker extends BrokerMetrics {
  readonly part: LifecyclePart;
}

/** Counts what happens on a further broker, under the label of its registry. */
export function countBroker(context: FeatureContext, broker: BrokerParts): CountedBroker {
  const { tasks, workers } = celeryMetrics(context, broker);
  return {
    registry: context.metrics,
    tasks,
    workers,
    part: { name: 'metrics', start: async () => tasks.start(), stop: async () => tasks.stop() },
  };
}

/** Prometheus' view of the gateway and of what it sees. */
export function metrics(context: FeatureContext): Feature {
  const { config, broker, metrics: registry } = context;
  if (!config.METRICS_ENABLED) return { routes: [] };
  const celery = broker === undefined ? undefined : celeryMetrics(context, broker);
  const service = new MetricsService({
    registry,
    process: new ProcessMetrics(registry),
    tasks: celery?.tasks,
    workers: celery?.workers,
    others: context.further.flatMap(({ counted }) => counted ?? []),
  });
  const part: LifecyclePart = { name: 'metrics', start: () => service.start(), stop: () => service.stop() };
  return { routes: metricsRoutes({ service, open: config.METRICS_OPEN }), parts: [part] };
}
