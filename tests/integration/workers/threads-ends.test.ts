import { ControlClient } from '../../../celery/control';
import { LamportClock, type TaskMeta } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import type { WorkerParts } from '../../../workers/bootstrap';
import type { CeleryWorker } from '../../../workers/celery-worker';
import { threadsWorker } from './threads-worker';
import { until, WorkerBench } from './worker-bench';

interface Where {
  readonly thread: number;
  readonly run: number;
  readonly loadedAt: string;
}

interface PoolStats {
  readonly pool: {
    readonly implementation: string;
    readonly 'max-concurrency': number;
    readonly processes: readonly number[];
    readonly 'max-tasks-per-child': number | string;
    readonly timeouts: readonly number[];
    readonly writes: { readonly total: number; readonly inqueues: { readonly active: number } };
  };
  readonly autoscaler?: unknown;
  readonly prefetch_count: number;
}

describe('ends of tasks in threads, over a real broker', () => {
  let bench: WorkerBench;
  let control: ControlClient;
  let queues = 0;
  const workers: CeleryWorker[] = [];

  beforeAll(async () => {
    bench = await WorkerBench.open('threads-ends');
    control = new ControlClient({
      connections: bench.connections,
      publisher: bench.publisher,
      clock: new LamportClock(),
      timeoutMs: 5000,
      logger: silentLogger(),
    });
    await control.start();
  });
  afterAll(async () => {
    await control.stop();
    await bench.close();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });

  /** A worker of its own queue for each test. */
  const setup = async (parts: Partial<WorkerParts> = {}) => {
    queues += 1;
    const queue = `q${queues}`;
    const worker = threadsWorker(bench.vhost.url, queue, { defaultQueue: queue, ...parts });
    workers.push(worker);
    await worker.start();
    const submit = (name: string, args: readonly unknown[] = [], options = {}): Promise<string> =>
      bench.submit(`threads.${name}`, args, { queue, ...options });
    const success = async (name: string, args: readonly unknown[] = []): Promise<unknown> =>
      (await bench.result(await submit(name, args), 'SUCCESS')).result;
    const ask = async <Reply>(method: string, args = {}): Promise<Reply> => {
      const { replies } = await control.broadcast(method, args, { destination: [worker.nodename] });
      return replies[worker.nodename] as Reply;
    };
    return { queue, worker, submit, success, ask };
  };
  const failureOf = (id: string): Promise<TaskMeta> => bench.result(id, 'FAILURE');

  test('a hard limit ends code that never looks up, and its slot takes the next task', async () => {
    const { submit, success } = await setup({ concurrency: 1 });
    const id = await submit('forever', [], { timeLimitSeconds: 0.3 });
    expect(await failureOf(id)).toMatchObject({
      result: { exc_type: 'TimeLimitExceeded', exc_module: 'billiard.exceptions', exc_message: [0.3] },
      traceback: null,
    });
    expect(await success('add', [1, 2])).toBe(3);
  });

  test('a task that does not acknowledge time-outs is handed back and runs again', async () => {
    const { submit } = await setup({ concurrency: 1 });
    const id = await submit('limited');
    expect((await bench.result(id, 'SUCCESS')).result).toBe('in time');
    await bench.event(id, 'task-rejected');
  });

  test('a soft limit reaches code that waits, and code that only looks at its signal', async () => {
    const { submit } = await setup();
    const ids = await Promise.all([
      submit('sleepy', [60_000], { softTimeLimitSeconds: 0.2 }),
      submit('attentive', [], { softTimeLimitSeconds: 0.2 }),
    ]);
    for (const meta of await Promise.all(ids.map(failureOf))) {
      expect(meta.result).toEqual({
        exc_type: 'SoftTimeLimitExceeded',
        exc_module: 'billiard.exceptions',
        exc_message: [],
      });
    }
  });

  test('revoke with terminate ends code that never looks up, as REVOKED', async () => {
    const { submit, success, ask } = await setup({ concurrency: 1 });
    const id = await submit('forever');
    await bench.event(id, 'task-started');
    expect(await ask('revoke', { task_id: id, terminate: true, signal: 'SIGKILL' })).toEqual({
      ok: `terminate: ${id}`,
    });
    expect((await bench.result(id, 'REVOKED')).result).toEqual({
      exc_type: 'TaskRevokedError',
      exc_module: 'celery.exceptions',
      exc_message: ['terminated'],
    });
    expect(await bench.event(id, 'task-revoked')).toMatchObject({ terminated: true, signum: 9 });
    expect(await success('add', [2, 2])).toBe(4);
  });

  test.each([
    ['exit', /^Worker exited prematurely: exitcode 3\.$/],
    ['timer', /^Worker exited prematurely: .*undefined/],
    ['memory', /^Worker exited prematurely: .*memory/],
  ])(
    'a thread that dies of %s fails its task as WorkerLostError, and another takes its place',
    async (how, why) => {
      const { submit, success } = await setup({ concurrency: 1, threadMemoryMb: 64 });
      const meta = await failureOf(await submit('crash', [how]));
      expect(meta.result).toEqual({
        exc_type: 'WorkerLostError',
        exc_module: 'billiard.exceptions',
        exc_message: [expect.stringMatching(why)],
      });
      expect(await success('add', [3, 3])).toBe(6);
    },
  );

  test('a late-acknowledged task whose thread died fails and is acknowledged', async () => {
    const { queue, submit } = await setup();
    const id = await submit('crash_late', ['exit']);
    await failureOf(id);
    await bench.event(id, 'task-failed');
    expect(await bench.depth(queue)).toBe(0);
  });

  test('with rejectOnWorkerLost the message runs again, and nobody hears of a failure', async () => {
    const { submit } = await setup({ concurrency: 1 });
    const id = await submit('crash_again');
    expect((await bench.result(id, 'SUCCESS')).result).toBe('survived');
    await bench.event(id, 'task-succeeded');
    expect(bench.metasOf(id).map(({ status }) => status)).toEqual(['SUCCESS']);
    expect(bench.events.find(({ uuid, type }) => uuid === id && type === 'task-rejected')).toMatchObject({
      requeue: true,
    });
    expect(bench.eventsOf(id)).not.toContain('task-failed');
  });

  test('inspect answers within a second while all threads burn the processor', async () => {
    const { submit, ask } = await setup();
    const ids = await Promise.all([submit('forever'), submit('forever')]);
    await Promise.all(ids.map((id) => bench.event(id, 'task-started')));
    for (const method of ['ping', 'active', 'stats']) {
      const askedAt = performance.now();
      expect(await ask(method)).toBeDefined();
      expect(performance.now() - askedAt).toBeLessThan(1000);
    }
    const active = await ask<readonly { readonly id: string }[]>('active');
    expect(new Set(active.map(({ id }) => id))).toEqual(new Set(ids));
    await ask('revoke', { task_id: ids, terminate: true });
    await Promise.all(ids.map((id) => bench.result(id, 'REVOKED')));
  });

  test('a thread is replaced after its number of tasks', async () => {
    const { success } = await setup({ concurrency: 1, maxTasksPerChild: 2 });
    const where: Where[] = [];
    for (let run = 0; run < 4; run += 1) where.push((await success('where')) as Where);
    expect(where.map(({ run }) => run)).toEqual([1, 2, 1, 2]);
    expect(where[0]?.thread).toBe(where[1]?.thread);
    expect(where[2]?.thread).not.toBe(where[1]?.thread);
  });

  test('pool_restart loads the modules anew while a task ends in its old thread', async () => {
    const { submit, success, ask } = await setup({ concurrency: 1 });
    const before = (await success('where')) as Where;
    const running = await submit('sleepy', [500]);
    await bench.event(running, 'task-started');
    expect(await ask('pool_restart', { modules: null, reload: true })).toEqual({ ok: 'reload started' });
    await bench.result(running, 'SUCCESS');
    const after = (await success('where')) as Where;
    expect(after.loadedAt).not.toBe(before.loadedAt);
    expect(after.run).toBe(1);
  });

  test('stats, pool_grow and pool_shrink show threads as Celery shows processes', async () => {
    const { success, ask } = await setup({ concurrency: 2, timeLimitSeconds: 50, softTimeLimitSeconds: 40 });
    await success('add', [1, 1]);
    const { pool, prefetch_count } = await ask<PoolStats>('stats');
    expect(pool).toMatchObject({
      implementation: 'celery_gateway:threads',
      'max-concurrency': 2,
      processes: [process.pid, process.pid],
      'max-tasks-per-child': 'N/A',
      timeouts: [40, 50],
      writes: { total: 1, avg: '0.50', strategy: 'fair', inqueues: { total: 2, active: 0 } },
    });
    expect(prefetch_count).toBe(8);

    expect(await ask('pool_grow', { n: 2 })).toEqual({ ok: 'pool will grow' });
    const grown = await ask<PoolStats>('stats');
    expect([grown.pool['max-concurrency'], grown.pool.processes.length, grown.prefetch_count]).toEqual([
      4, 4, 16,
    ]);
    expect(await ask('pool_shrink', { n: 3 })).toEqual({ ok: 'pool will shrink' });
    const shrunk = await ask<PoolStats>('stats');
    expect([shrunk.pool['max-concurrency'], shrunk.pool.processes.length]).toEqual([1, 1]);
    expect(await success('add', [4, 4])).toBe(8);
  });

  test('autoscale grows to the load, shrinks when it is quiet, and refuses pool_grow', async () => {
    const { submit, ask } = await setup({
      autoscale: { max: 3, min: 1 },
      autoscaleKeepaliveMs: 300,
    });
    expect((await ask<PoolStats>('stats')).autoscaler).toEqual({ max: 3, min: 1, current: 1, qty: 0 });
    const ids = await Promise.all(Array.from({ length: 5 }, () => submit('sleepy', [1500])));
    await until('three running at once', async () => (await ask<unknown[]>('active')).length === 3);
    expect(await ask('pool_grow', { n: 1 })).toEqual({
      error: 'pool_grow is not supported with autoscale. Adjust autoscale range instead.',
    });
    await Promise.all(ids.map((id) => bench.result(id, 'SUCCESS')));
    await until(
      'a pool of one again',
      async () => (await ask<PoolStats>('stats')).pool['max-concurrency'] === 1,
    );
    expect(await ask('autoscale', { max: 4, min: 2 })).toEqual({ ok: 'autoscale now max=4 min=2' });
    expect((await ask<PoolStats>('stats')).pool['max-concurrency']).toBe(2);
  });

  test('a warm stop lets threads finish and hands back what has not started', async () => {
    const { queue, worker, submit } = await setup({ concurrency: 1 });
    const running = await submit('burn', [500]);
    await bench.event(running, 'task-started');
    await submit('add', [1, 1]);
    await submit('add', [1, 1]);
    await worker.stop();
    await bench.result(running, 'SUCCESS');
    expect(await bench.depth(queue)).toBe(2);
  });

  test('a cold stop ends threads that never look up, and late-acknowledged messages go back', async () => {
    const { queue, worker, submit } = await setup({ concurrency: 1 });
    const id = await submit('forever');
    await bench.event(id, 'task-started');
    await worker.kill();
    await worker.stop();
    await until('the message in its queue', async () => (await bench.depth(queue)) === 1);
    expect(bench.metasOf(id)).toEqual([]);
  });

  test('a worker whose modules lack a task does not start', async () => {
    const module = require.resolve('../../fixtures/tasks/interop-tasks.js');
    const worker = threadsWorker(bench.vhost.url, 'never', { taskModules: [module] });
    await expect(worker.start()).rejects.toThrow();
    await worker.kill();
  });
});
