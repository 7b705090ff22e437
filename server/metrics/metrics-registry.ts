import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One value of a gauge with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface GaugeOptions {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Asked at each scrape. What it throws leaves the gauge without values; a scrape does not fail for one of them. */
  readonly collect: () => Iterable<Sample> | Promise<Iterable<Sample>>;
}

interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** The metrics of one gateway. Not prom-client's global registry: two gateways in a process would share it. */
export class MetricsRegistry {
  readonly #registry = new Registry();

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A gauge whose values are looked up when they are asked for. */
  gauge({ name, help, labels = [], collect }: GaugeOptions): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      async collect() {
        gauge.reset();
        try {
          for (const sample of await collect()) gauge.set({ ...sample.labels }, sample.value);
        } catch {
          // The broker may be away: what can be told is told.
        }
      },
    });
  }

  counter({ name, help, labels }: MetricOptions): Counter {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  histogram({
    name,
    help,
    labels,
    buckets,
  }: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  /** All of it in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
