import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BENCH = join(__dirname, '..', '..', 'scripts', 'bench');

describe('scripts/bench', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bench-'));
  });

  afterAll(() => rm(directory, { recursive: true }));

  it('measures the round trip beside its baseline and keeps the figures as JSON', async () => {
    const broker = process.env.TEST_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/';
    const { stdout, stderr } = await run(
      BENCH,
      ['--quick', '--only', 'roundtrip', '--json', '--out', directory, '--broker', broker],
      { env: { ...process.env, BENCH_NO_BUILD: '1' } },
    );

    const latency = { p50Ms: expect.any(Number), p99Ms: expect.any(Number) };
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({
      plan: 'quick',
      machine: { node: process.version, rabbitmq: expect.stringMatching(/^\d+\./) },
      roundTrip: { directReplyTo: latency, client: latency, http: latency },
      targets: [
        { name: 'round trip p50, client / direct reply-to', limit: 2, met: expect.any(Boolean) },
        { name: 'round trip p50 over HTTP with wait, ms', limit: 5, met: expect.any(Boolean) },
      ],
    });
    expect(stderr).toContain('100 %');
    expect(await readdir(directory)).toContain('latest.json');
  });

  it('measures a chord and a chain in TypeScript alone beside Python alone', async () => {
    const broker = process.env.TEST_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/';
    const { stdout } = await run(
      BENCH,
      ['--quick', '--only', 'canvas', '--json', '--out', directory, '--broker', broker],
      { env: { ...process.env, BENCH_NO_BUILD: '1' } },
    );

    const both = { typescript: expect.any(Number), python: expect.any(Number) };
    expect(JSON.parse(stdout)).toMatchObject({
      canvas: { chord: { size: 50, ...both }, chain: { size: 10, ...both } },
    });
  });

  it('measures what the gateway promises, each beside its limit', async () => {
    const broker = process.env.TEST_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/';
    const { stdout, stderr } = await run(
      BENCH,
      ['--quick', '--only', 'gateway', '--json', '--out', directory, '--broker', broker],
      { env: { ...process.env, BENCH_NO_BUILD: '1' } },
    );

    const some = expect.any(Number);
    const publishes = { perSecond: some, cpuMicros: some };
    const report = JSON.parse(stdout) as { readonly targets: readonly { readonly limit: number }[] };
    expect(report).toMatchObject({
      gateway: {
        submit: { bare: some, flower: some, gateway: some },
        batch: { raw: publishes, rawRecorded: publishes, json: publishes, ndjson: publishes },
        waiters: { clients: 200, idleShare: some, maxMs: some, cpuMicros: some },
        history: {
          ...{ tasks: 5000, listP95Ms: some, rssMiB: some },
          ...{ replayed: 20_000, replaySeconds: some, replayCpuMicros: some },
        },
      },
    });
    // Each figure is told as soon as it is known.
    expect(stderr).toMatch(/batch: json, round 1: \d+\/s \(\d+ µs\)/);
    expect(stderr).toMatch(/last answer after \d+ ms/);
    expect(stderr).toMatch(/p95 [\d.]+ ms of \?limit=50/);
    expect(report.targets.map(({ limit }) => limit)).toEqual([0.5, 3, 0.8, 0.8, 0.05, 2000, 50, 350, 60]);
  });

  it('lists its options with --help', async () => {
    const { stdout } = await run(BENCH, ['--help'], { env: { ...process.env, BENCH_NO_BUILD: '1' } });

    for (const option of ['--quick', '--full', '--only', '--json']) expect(stdout).toContain(option);
  });
});
