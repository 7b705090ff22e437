import { median, quantile } from '../../../scripts/benchmark/statistics';
import { judge } from '../../../scripts/benchmark/targets';

describe('quantile', () => {
  it('lies between two samples where the share falls between them', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30], 0.99)).toBeCloseTo(29.8);
  });

  it('is the sample itself when there is one, and no number when there is none', () => {
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  it('leaves the samples in the order they came', () => {
    const samples = [3, 1, 2];
    median(samples);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe('judge', () => {
  const figure = (perSecond: number) => ({ perSecond, p50Ms: 1, p99Ms: 2 });

  const worker = (perSecond: number) => ({ perSecond, cpuMicros: 1e6 / perSecond });
  const latency = (p50Ms: number) => ({ p50Ms, p99Ms: p50Ms });

  it('holds ratios of one run against their limits, at the limit as met', () => {
    const targets = judge({
      submit: { '64': { bare: figure(6000), naive: figure(3000), gateway: figure(3000) } },
      worker: { noop: { raw: worker(10_000), typescript: worker(7_400), python: worker(1_000) } },
    });

    expect(targets.map(({ value, met }) => [value, met])).toEqual([
      [0.5, true],
      [0.74, false],
      [7.4, true],
    ]);
  });

  it('judges each row of the worker against the baselines it has a promise for', () => {
    const rates = { raw: worker(1_000), typescript: worker(1_000), python: worker(100) };
    const targets = judge({
      worker: {
        rpc: rates,
        redis: rates,
        async: { typescript: worker(590), python: worker(100) },
        cpu: rates,
      },
    });

    expect(targets.map(({ name, limit, met }) => [name, limit, met])).toEqual([
      ['worker, no-op, results rpc / raw amqplib', 0.8, true],
      ['worker, no-op, results Redis / raw amqplib', 0.8, true],
      ['worker, 1 ms of waiting, concurrency 100 / Python prefork -c 2', 6, false],
      ['worker, primes below 2,000, threads -c 2 / Python prefork -c 2', 1, true],
    ]);
  });

  it('takes the cost of events as the share of the rate that they take away', () => {
    const [cost] = judge({ worker: { events: { typescript: worker(1_000), withEvents: worker(800) } } });

    expect(cost).toMatchObject({ value: expect.closeTo(0.2), limit: 0.15, met: false });
  });

  it('wants memory flat with the backlog and below that of all Python processes', () => {
    const peak = (rssMiB: number) => ({ queued: 1, tasks: 1, peak: { rssMiB, pssMiB: rssMiB - 10 } });
    const targets = judge({
      memory: { typescript: { small: peak(100), large: peak(110) }, python: peak(150) },
    });

    expect(targets.map(({ met }) => met)).toEqual([true, false, false]);
  });

  it('wants latencies low', () => {
    const targets = judge({
      roundTrip: { directReplyTo: latency(1), client: latency(1.5), http: latency(6) },
    });

    expect(targets.map(({ met }) => met)).toEqual([true, false]);
  });

  it('says nothing of what was not measured', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ submit: { '2': { bare: figure(1), naive: figure(1), gateway: figure(1) } } })).toEqual([]);
  });
});
