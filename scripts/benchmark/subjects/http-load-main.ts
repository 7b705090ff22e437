import { quantile } from '../statistics';
import { type Load, runLoad } from './http-load';

/** What the generator's process reports: the rate, and where its answers' times lie. */
export interface LoadReport {
  readonly perSecond: number;
  readonly failed: number;
  readonly firstFailure: string | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const main = async (): Promise<void> => {
  const load = JSON.parse(process.argv[2] ?? '') as Load;
  const { latenciesMs, ...result } = await runLoad(load);
  const report: LoadReport = {
    ...result,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
  process.stdout.write(JSON.stringify(report));
};

void main();
