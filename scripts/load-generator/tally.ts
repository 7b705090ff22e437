import { quantile } from '../benchmark/statistics';

/** How submissions ended. */
export interface LoadReport {
  readonly seconds: number;
  readonly offered: number;
  readonly accepted: number;
  /** Definite: nothing was queued. By status and code, as `503 BROKER_UNREACHABLE`. */
  readonly refused: Readonly<Record<string, number>>;
  /** May be queued or not: 504, or no answer at all. */
  readonly unknown: number;
  readonly acceptedPerSecond: number;
  /** Of what was accepted, from sending to the answer; null without any. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  } | null;
}

/** Counts how submissions ended. */
export class Tally {
  readonly #latencies: number[] = [];
  readonly #refused = new Map<string, number>();
  #unknown = 0;
  #offered = 0;

  offered(): void {
    this.#offered += 1;
  }

  accepted(tookMs: number): void {
    this.#latencies.push(tookMs);
  }

  refused(why: string): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }

  unknown(): void {
    this.#unknown += 1;
  }

  report(seconds: number): LoadReport {
    const at = (share: number): number => Math.round(quantile(this.#latencies, share) * 10) / 10;
    return {
      seconds,
      offered: this.#offered,
      accepted: this.#latencies.length,
      refused: Object.fromEntries(this.#refused),
      unknown: this.#unknown,
      acceptedPerSecond: Math.round((this.#latencies.length / seconds) * 10) / 10,
      latencyMs:
        this.#latencies.length === 0 ? null : { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
    };
  }
}

/** The report as a table for people. */
export function table(report: LoadReport): string {
  const { latencyMs } = report;
  const rows: readonly (readonly [string, string | number])[] = [
    ['offered', report.offered],
    ['accepted', report.accepted],
    ['accepted per second', report.acceptedPerSecond],
    ...Object.entries(report.refused).map(([why, count]): [string, number] => [`refused: ${why}`, count]),
    ['unknown', report.unknown],
    ...Object.entries(latencyMs ?? {}).map(([name, ms]): [string, string] => [`latency ${name}`, `${ms} ms`]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
