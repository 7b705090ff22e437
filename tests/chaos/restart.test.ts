import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { PrivateBroker } from '../support/private-broker';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { celeryCommand, startPythonWorker } from '../support/python';
import { until } from '../support/until';

const TASKS = 400;
/** Submitted one after the other, by this many callers at once. */
const CALLERS = 8;
/** Of all tasks, when the broker is killed. */
const KILL_AFTER = 100;
const GIVE_UP_AFTER_MS = 90_000;

interface Submission {
  readonly number: number;
  readonly taskId: string;
  /** Answers other than 202 before the one that accepted it. */
  readonly refusals: readonly number[];
}

describe('a broker killed and started again while tasks are submitted and run in both languages', () => {
  let broker: PrivateBroker;
  let gateway: GatewayProcess;
  let ledger: Ledger;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    broker = await cleanup.stops(PrivateBroker.create());
    ledger = await cleanup.stops(Ledger.create());
    const shared = { brokerUrl: broker.url, env: ledger.env };
    const [started] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: broker.url })),
      cleanup.stops(startPythonWorker({ ...shared, name: 'python@here', concurrency: 2 })),
      cleanup.stops(startTypeScriptWorker({ ...shared, name: 'typescript@here' })),
    ]);
    gateway = started;
  }, 120_000);

  afterAll(() => cleanup.run(), 60_000);

  /** Repeats with the same id until it is accepted, as the documentation tells callers to do. */
  const submit = async (number: number): Promise<Submission> => {
    const taskId = randomUUID();
    const refusals: number[] = [];
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    while (Date.now() < giveUpAt) {
      const body = { task_name: 'interop.record', args: [number], task_id: taskId };
      const { status } = await gateway.request('POST', '/rabbitmq/tasks/submit', body);
      if (status === 202) return { number, taskId, refusals };
      refusals.push(status);
      await sleep(200);
    }
    throw new Error(`task ${number} was never accepted: ${refusals.join(' ')}`);
  };

  it('loses none of the accepted tasks and none of their results, and everyone comes back by themselves', async () => {
    const accepted: Submission[] = [];
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < TASKS) {
        next += 1;
        accepted.push(await submit(next));
      }
    };
    const callers = Promise.all(Array.from({ length: CALLERS }, caller));

    await until(() => accepted.length >= KILL_AFTER, { what: 'the tasks before the kill' });
    await broker.kill9();
    const duringOutage = await gateway.request('POST', '/rabbitmq/tasks/submit', {
      task_name: 'interop.noop',
    });
    await broker.start();
    await callers;

    expect([503, 504]).toContain(duringOutage.status);
    expect(accepted).toHaveLength(TASKS);
    for (const { taskId, number } of accepted) {
      await expect(gateway.result(taskId, 60)).resolves.toMatchObject({ status: 'SUCCESS', result: number });
    }
    const runs = await ledger.runs();
    expect(new Set(runs.map((run) => run.number)).size).toBe(TASKS);
    // Late acknowledged tasks may run again after a crash; only those in flight at the kill can.
    expect(runs.length).toBeLessThan(TASKS * 1.5);
    expect(new Set(runs.map((run) => run.worker))).toEqual(new Set(['python@here', 'typescript@here']));
    const statuses = new Set(accepted.flatMap(({ refusals }) => refusals));
    for (const status of statuses) expect([503, 504]).toContain(status);
  }, 240_000);

  it('has both workers answer inspect ping, each once', async () => {
    const nodes = await until(
      async () => {
        const { stdout } = await celeryCommand({ brokerUrl: broker.url }, [
          'inspect',
          'ping',
          '--json',
          '--timeout=3',
        ]);
        const replies = JSON.parse(stdout.trim() === '' ? '{}' : stdout) as Record<string, unknown>;
        return Object.keys(replies).length === 2 && replies;
      },
      { what: 'the answers of both', timeoutMs: 60_000 },
    );
    expect(nodes).toEqual({ 'python@here': { ok: 'pong' }, 'typescript@here': { ok: 'pong' } });
  }, 120_000);

  it('has a ready gateway and runs new tasks afterwards', async () => {
    const ready = await until(
      async () => {
        const answer = await gateway.request('GET', '/health/ready');
        return answer.status === 200 && answer;
      },
      { what: 'readiness', timeoutMs: 30_000 },
    );
    const taskId = await gateway.submit({ task_name: 'interop.add', args: [40, 2] });

    expect(ready.status).toBe(200);
    await expect(gateway.result(taskId, 60)).resolves.toMatchObject({ status: 'SUCCESS', result: 42 });
  }, 120_000);
});
