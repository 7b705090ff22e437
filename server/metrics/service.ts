import type { MetricsRegistry } from './metrics-registry';
import type { ProcessMetrics } from './process-metrics';
import type { TaskMetrics } from './task-metrics';
import type { WorkerMetrics } from './worker-metrics';

export interface MetricsServiceDeps {
  readonly registry: MetricsRegistry;
  readonly process: Pick<ProcessMetrics, 'start' | 'stop'>;
  /** Undefined while messaging is switched off. */
  readonly tasks: Pick<TaskMetrics, 'start' | 'stop' | 'forgetHosts'> | undefined;
  readonly workers: Pick<WorkerMetrics, 'isGone'> | undefined;
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
    const { registry, tasks, workers } = this.deps;
    if (workers !== undefined) tasks?.forgetHosts((hostname) => workers.isGone(hostname));
    return { text: await registry.text(), contentType: registry.contentType };
  }
}
