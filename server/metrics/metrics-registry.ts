import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

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

  /** @param labels that all its metrics have beside their own. */
  constructor(labels: Readonly<Record<string, string>> = {}) {
    this.#registry.setDefaultLabels(labels);
  }

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

  /** All of it in Prometheus' text format, and of others that have metrics of the same names with labels of their own. */
  async text(others: readonly MetricsRegistry[] = []): Promise<string> {
    if (others.length === 0) return this.#registry.metrics();
    const told = await Promise.all([this, ...others].map((one) => one.#registry.getMetricsAsJSON()));
    // No two have the same labels, so nothing is added up; but what is not to be, prom-client would leave out.
    const summed = told.map((metrics) =>
      metrics.map((metric) => ({ ...metric, aggregator: 'sum' as const })),
    );
    return AggregatorRegistry.aggregate(summed).metrics();
  }
}
