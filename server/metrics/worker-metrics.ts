import type { WorkerDirectory, WorkerSnapshot } from '../../celery';
import type { Clock } from '../../runtime';
import type { MetricsRegistry, Sample } from './metrics-registry';
import { hostOf } from './worker-host';

export interface WorkerMetricsDeps {
  readonly registry: MetricsRegistry;
  readonly workers: Pick<WorkerDirectory, 'list'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Hosts shown; those heard of last come first. */
  readonly maxHosts: number;
  readonly hostnames: boolean;
}

/** A dead worker is shown as down for this long, as celery-exporter does; then it is gone. */
const GONE_AFTER_MS = 600_000;

/** Who is up, under celery-exporter's names. */
export class WorkerMetrics {
  constructor(private readonly deps: WorkerMetricsDeps) {
    const { registry, hostnames } = deps;
    const labels = ['hostname'];
    registry.gauge({
      name: 'celery_worker_up',
      help: 'Whether a worker was heard of lately.',
      labels,
      collect: () =>
        hostnames ? this.#perHost(({ alive }) => (alive ? 1 : 0), Math.max) : this.#countAlive(),
    });
    registry.gauge({
      name: 'celery_worker_tasks_active',
      help: 'Tasks that a worker says it runs.',
      labels,
      collect: () => (hostnames ? this.#perHost(activeOf, add) : [this.#sum()]),
    });
  }

  /** Whether no worker of a host was heard of for so long that its series may go. */
  isGone(hostname: string): boolean {
    const onHost = ({ nodename }: WorkerSnapshot): boolean => hostOf(nodename) === hostname;
    // A host without worker events is not gone; nothing is known of it.
    return this.deps.workers.list().some(onHost) && !this.#shown().some(onHost);
  }

  #shown(): readonly WorkerSnapshot[] {
    const { workers, clock } = this.deps;
    const since = clock.now() - GONE_AFTER_MS;
    return workers.list().filter(({ alive, lastSeen }) => alive || lastSeen >= since);
  }

  /** Several workers of one host share its label, as with celery-exporter. */
  #perHost(
    read: (worker: WorkerSnapshot) => number,
    join: (a: number, b: number) => number,
  ): Iterable<Sample> {
    const byHost = new Map<string, number>();
    for (const worker of [...this.#shown()].sort((a, b) => b.lastSeen - a.lastSeen)) {
      const hostname = hostOf(worker.nodename);
      const known = byHost.get(hostname);
      if (known === undefined && byHost.size >= this.deps.maxHosts) continue;
      byHost.set(hostname, known === undefined ? read(worker) : join(known, read(worker)));
    }
    return [...byHost].map(([hostname, value]) => ({ labels: { hostname }, value }));
  }

  #countAlive(): Iterable<Sample> {
    return [{ labels: { hostname: '' }, value: this.#shown().filter(({ alive }) => alive).length }];
  }

  #sum(): Sample {
    return { labels: { hostname: '' }, value: this.#shown().map(activeOf).reduce(add, 0) };
  }
}

const activeOf = ({ alive, active }: WorkerSnapshot): number => (alive ? (active ?? 0) : 0);
const add = (a: number, b: number): number => a + b;
