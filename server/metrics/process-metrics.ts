import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsRegistry } from './metrics-registry';

/** How often the delay is measured; its value is what a delay below cannot be told from. */
const RESOLUTION_MS = 20;
const NS = 1e9;

/**
 * How the process is, under the names that prom-client's default metrics have. Those themselves cannot be stopped, and each
 * gateway of a process would leave its observers behind.
 */
export class ProcessMetrics {
  #delay: IntervalHistogram | undefined;

  constructor(registry: MetricsRegistry) {
    const gauges: readonly (readonly [string, string, () => number])[] = [
      [
        'nodejs_eventloop_lag_mean_seconds',
        'Mean delay of the event loop since the last scrape.',
        () => this.#lag('mean'),
      ],
      ['nodejs_eventloop_lag_p99_seconds', '99th percentile of it.', () => this.#lag('p99')],
      // Last: it begins the next interval.
      [
        'nodejs_eventloop_lag_max_seconds',
        'Greatest delay of the event loop since the last scrape.',
        () => this.#lagOfInterval(),
      ],
      ['process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()],
      ['nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed],
      ['process_cpu_seconds', 'Processor time used so far.', cpuSeconds],
      [
        'process_start_time_seconds',
        'Start of the process, epoch seconds.',
        () => performance.timeOrigin / 1000,
      ],
    ];
    for (const [name, help, value] of gauges) {
      registry.gauge({ name, help, collect: () => [{ labels: {}, value: value() }] });
    }
  }

  start(): void {
    this.#delay ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delay.enable();
  }

  stop(): void {
    this.#delay?.disable();
  }

  #lag(what: 'mean' | 'p99' | 'max'): number {
    if (this.#delay === undefined || this.#delay.count === 0) return 0;
    const ns = what === 'p99' ? this.#delay.percentile(99) : this.#delay[what];
    return Math.max(0, ns / NS - RESOLUTION_MS / 1000);
  }

  #lagOfInterval(): number {
    const lag = this.#lag('max');
    this.#delay?.reset();
    return lag;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
