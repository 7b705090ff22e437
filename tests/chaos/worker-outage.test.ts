import { createWorker, defineTask } from '../../workers';
import { CelerySession } from '../support/celery-session';
import { Cleanup } from '../support/cleanup';
import { PrivateBroker } from '../support/private-broker';
import { until } from '../support/until';

/** Lets a run wait for the test: what happens to the broker meanwhile is the test's to choose. */
class Gate {
  readonly runs: string[] = [];
  #open: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  /** Only a first run waits. */
  async pass(taskId: string): Promise<void> {
    this.runs.push(taskId);
    if (this.count(taskId) === 1) await this.#opened;
  }

  open(): void {
    this.#open();
  }

  count(taskId: string): number {
    return this.runs.filter((run) => run === taskId).length;
  }
}

describe('late-acknowledged tasks of a worker whose broker is killed while they run', () => {
  const cleanup = new Cleanup();
  const gate = new Gate();
  const acksLate = true;
  const tasks = [
    defineTask('o.forward', { params: ['queue'], acksLate }, async (context, { queue }) => {
      await gate.pass(context.taskId);
      await context.publish('', String(queue), 'hello', { mandatory: true });
      return 'forwarded';
    }),
    defineTask('o.fail', { params: [], acksLate }, async (context) => {
      await gate.pass(context.taskId);
      if (gate.count(context.taskId) === 1) throw new RangeError('without its channel');
      return 'second run';
    }),
    defineTask('o.retry', { params: [], acksLate }, async (context) => {
      await gate.pass(context.taskId);
      if (gate.count(context.taskId) === 1) await context.retry({ countdownSeconds: 0 });
      return `after ${context.request.retries} retries`;
    }),
    defineTask('o.succeed', { params: [], acksLate }, async (context) => {
      await gate.pass(context.taskId);
      return gate.count(context.taskId);
    }),
    defineTask('o.early', { params: [] }, async (context) => {
      await gate.pass(context.taskId);
      throw new RangeError('of its own');
    }),
  ];
  let broker: PrivateBroker;
  let caller: CelerySession;

  beforeAll(async () => {
    broker = await cleanup.stops(PrivateBroker.create());
    caller = await cleanup.stops(CelerySession.open(broker.url));
    await caller.topology.declareQueue({ name: 'forwarded' });
    const worker = createWorker({ tasks, broker: broker.url, concurrency: 8, mingle: false });
    cleanup.does(() => worker.stop());
    await worker.start();
  }, 120_000);

  afterAll(() => cleanup.run(), 60_000);

  it('keep nothing of a run that failed or wanted a retry without its channel: the next run decides', async () => {
    const ids = {
      forward: await caller.submit('o.forward', ['forwarded']),
      fail: await caller.submit('o.fail'),
      retry: await caller.submit('o.retry'),
      succeed: await caller.submit('o.succeed'),
      early: await caller.submit('o.early'),
    };
    await until(() => gate.runs.length === 5, { what: 'the five first runs' });

    await broker.kill9();
    gate.open();
    await broker.start();
    const forwarded = await caller.result(ids.forward, 60_000);
    const failed = await caller.result(ids.fail, 60_000);
    const retried = await caller.result(ids.retry, 60_000);
    const succeeded = await caller.result(ids.succeed, 60_000);
    const early = await caller.result(ids.early, 60_000);

    expect(forwarded).toMatchObject({ status: 'SUCCESS', result: 'forwarded' });
    expect(caller.statesOf(ids.forward)).toEqual(['SUCCESS']);
    // Its publish waited for the broker, so the first run came to its end and took the copy of its message over.
    expect(gate.count(ids.forward)).toBe(1);
    expect(failed).toMatchObject({ status: 'SUCCESS', result: 'second run' });
    expect(caller.statesOf(ids.fail)).toEqual(['SUCCESS']);
    expect(gate.count(ids.fail)).toBe(2);
    expect(retried).toMatchObject({ status: 'SUCCESS', result: 'after 0 retries' });
    expect(caller.statesOf(ids.retry)).toEqual(['SUCCESS']);
    // It did its work: its result is stored once the broker is back, and the copy of its message is answered.
    expect(succeeded).toMatchObject({ status: 'SUCCESS', result: 1 });
    expect(gate.count(ids.succeed)).toBe(1);
    // Acknowledged before it ran: nobody else will tell its caller.
    expect(early).toMatchObject({ status: 'FAILURE', result: { exc_type: 'ValueError' } });
    await until(async () => (await caller.depth('celery')) === 0, { what: 'an empty queue' });
  }, 180_000);
});
