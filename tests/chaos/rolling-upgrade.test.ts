import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { GatewayProcess, startTypeScriptWorker, type TaskBody } from '../support/processes';
import { SubmissionLedger } from '../support/submission-ledger';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const FULL = process.env.FULL === '1';
/** How often everything is replaced. */
const ROUNDS = FULL ? 6 : 1;
const PER_SECOND = FULL ? 150 : 80;
/** Long enough that there always are tasks at work and tasks prefetched when a worker is told to stop. */
const TASK_SECONDS = 0.05;
const QUEUE = 'upgrade';
const DRAIN_MS = 1500;
/** Accepted between two restarts. */
const BETWEEN = 60;

/** What stands before gateways: sends nothing to one that is not ready. */
class Balancer {
  readonly #ready = new Set<GatewayProcess>();
  readonly #members = new Set<GatewayProcess>();
  /** Gateways that said themselves that they stop. */
  readonly stopping = new Set<GatewayProcess>();
  #turn = 0;
  #running: boolean = true;

  add(gateway: GatewayProcess): void {
    this.#members.add(gateway);
    this.#ready.add(gateway);
    void this.#probe(gateway);
  }

  pick(): GatewayProcess {
    const from = this.#ready.size > 0 ? [...this.#ready] : [...this.#members];
    this.#turn += 1;
    return from[this.#turn % from.length] as GatewayProcess;
  }

  async stop(): Promise<void> {
    this.#running = false;
  }

  async #probe(gateway: GatewayProcess): Promise<void> {
    while (this.#running && !gateway.process.exited) {
      const answer = await gateway.request('GET', '/health/ready').catch(() => undefined);
      if (answer?.body.status === 'stopping') this.stopping.add(gateway);
      if (answer?.status === 200) this.#ready.add(gateway);
      else this.#ready.delete(gateway);
      await sleep(100);
    }
    this.#ready.delete(gateway);
    this.#members.delete(gateway);
  }
}

describe('a rolling upgrade of two gateways and two workers under submissions', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let runs: Ledger;
  let balancer: Balancer;
  const gateways: GatewayProcess[] = [];
  const workers: TestProcess[] = [];

  const startGateway = async (): Promise<GatewayProcess> => {
    const gateway = await cleanup.stops(
      GatewayProcess.start({
        brokerUrl: vhost.url,
        env: { GATEWAY_DRAIN_DELAY_MS: String(DRAIN_MS), RATE_LIMIT_SUBMITS: '0', RATE_LIMIT_READS: '0' },
      }),
    );
    balancer.add(gateway);
    return gateway;
  };
  const startWorker = (index: number): Promise<TestProcess> =>
    cleanup.stops(
      startTypeScriptWorker({
        brokerUrl: vhost.url,
        queues: [QUEUE],
        concurrency: 8,
        name: `worker${index}@here`,
        env: runs.env,
      }),
    );

  beforeAll(async () => {
    vhost = await createVhost('upgrade');
    cleanup.does(() => vhost.drop());
    runs = await cleanup.stops(Ledger.create());
    balancer = await cleanup.stops(new Balancer());
    gateways.push(...(await Promise.all([startGateway(), startGateway()])));
    workers.push(...(await Promise.all([startWorker(0), startWorker(1)])));
  }, 120_000);

  afterAll(() => cleanup.run(), 60_000);

  /** All results, from the gateways that are there now. */
  async function resultsOf(ids: readonly string[]): Promise<ReadonlyMap<string, TaskBody>> {
    const results = new Map<string, TaskBody>();
    const left = [...ids];
    const caller = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop())
        results.set(id, await balancer.pick().result(id, 30));
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    return results;
  }

  it('loses no accepted task and no result, runs nothing twice and nothing that was refused', async () => {
    const ledger = await cleanup.stops(
      new SubmissionLedger({
        gateway: () => balancer.pick(),
        queue: QUEUE,
        taskName: 'interop.record_slowly',
        args: (number) => [number, TASK_SECONDS],
        perSecond: PER_SECOND,
        callers: 16,
      }),
    );
    const more = async (): Promise<void> => {
      const before = ledger.accepted.size;
      await until(() => ledger.accepted.size >= before + BETWEEN, { timeoutMs: 60_000, what: 'submissions' });
    };
    ledger.start();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const index of [0, 1]) {
        await more();
        const old = gateways[index] as GatewayProcess;
        process.kill(old.process.pid, 'SIGTERM');
        expect(await old.process.exit()).toBe(0);
        expect(balancer.stopping.has(old)).toBe(true);
        gateways[index] = await startGateway();
        await more();
        const worker = workers[index] as TestProcess;
        process.kill(worker.pid, 'SIGTERM');
        expect(await worker.exit()).toBe(0);
        workers[index] = await startWorker(index);
      }
      if (FULL) process.stdout.write(`upgrade ${round + 1} of ${ROUNDS}: ${ledger.accepted.size} accepted\n`);
    }
    await more();
    await ledger.stop();

    const results = await resultsOf([...ledger.accepted]);
    const unfinished = [...results].filter(
      ([id, { status, result }]) => status !== 'SUCCESS' || result !== ledger.numbers.get(id),
    );
    expect(unfinished).toEqual([]);
    expect(results.size).toBe(ledger.accepted.size);

    const ran = new Map<number, number>();
    for (const { number } of await runs.runs()) ran.set(number, (ran.get(number) ?? 0) + 1);
    const numbersOf = (ids: ReadonlySet<string>) => [...ids].map((id) => ledger.numbers.get(id) ?? 0);
    expect(numbersOf(ledger.accepted).filter((number) => ran.get(number) !== 1)).toEqual([]);
    expect(numbersOf(ledger.refused).filter((number) => ran.has(number))).toEqual([]);
    // A gateway that stops refuses, and that is all a caller may notice; a connection that ends as it is used is unknown.
    for (const answer of ledger.answers.keys())
      expect(answer).toMatch(/^(202|503 SHUTTING_DOWN|no answer: .*)$/);
    process.stdout.write(
      `rolling upgrade: ${ROUNDS * 4} restarts, ${ledger.accepted.size} accepted, ${ledger.refused.size} refused, ${ledger.unknown.size} unknown; ${JSON.stringify(Object.fromEntries(ledger.answers))}\n`,
    );
  }, 900_000);
});
