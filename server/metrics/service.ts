import type { MetricsRegistry } from './metrics-registry';
import type { ProcessMetrics } from './process-metrics';
import type { TaskMetrics } from './task-metrics';
import type { WorkerMetrics } from './worker-metrics';

/** What is counted of one broker. */
export interface BrokerMetrics {
  readonly registry: MetricsRegistry;
  readonly tasks: Pick<TaskMetrics, 'start' | 'stop' | 'forgetHosts'>;
  readonly workers: Pick<WorkerMetrics, 'isGone'>;
}

export interface MetricsServiceDeps {
  readonly registry: MetricsRegistry;
  readonly process: Pick<ProcessMetrics, 'start' | 'stop'>;
  /** Undefined while messaging is switched off. */
  readonly tasks: Pick<TaskMetrics, 'start' | 'stop' | 'forgetHosts'> | undefined;
  readonly workers: Pick<WorkerMetrics, 'isGone'> | undefined;
  /** Of further brokers, which run by themselves. */
  readonly others?: readonly BrokerMetrics[];
}

/** Counts while it runs, and tells when it is asked. */
export class MetricsService {
  constructor(private readonly deps: MetricsServiceDeps) {}

  async start(): Promise<void> {
    this.deps.process.start();
    this.deps.tasks?.start();
  }

  async stop(): Promise<void> {
    this.deps.tasks?.stop();
    this.deps.process.stop();
  }

  /** Prometheus' text format. */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    const { registry, tasks, workers, others = [] } = this.deps;
    if (workers !== undefined) tasks?.forgetHosts((hostname) => workers.isGone(hostname));
    for (const other of others) other.tasks.forgetHosts((hostname) => other.workers.isGone(hostname));
    const text = await registry.text(others.map((other) => other.registry));
    return { text, contentType: registry.contentType };
  }
}
