import { ControlClient } from '../../../celery/control';
import { LamportClock } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { defineTask, type Worker } from '../../../workers';
import { rabbitmqctl } from '../../support/vhost';
import { until, WorkerBench } from './worker-bench';

describe('remote control, stop and reconnect of a worker, over a real broker', () => {
  let bench: WorkerBench;
  let control: ControlClient;
  const runs: string[] = [];
  const tasks = [
    defineTask('t.sleep', { params: ['ms'], acksLate: true }, async (context, { ms }) => {
      runs.push(context.taskId);
      await context.sleep(Number(ms));
      return 'slept';
    }),
    defineTask('t.early', { params: ['ms'] }, async (context, { ms }) => {
      runs.push(context.taskId);
      await new Promise((resolve) => setTimeout(resolve, Number(ms)));
      return 'slept';
    }),
  ];
  const runsOf = (id: string): number => runs.filter((run) => run === id).length;

  beforeAll(async () => {
    bench = await WorkerBench.open('control');
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

  const ask = async (worker: Worker, method: string, args = {}): Promise<unknown> => {
    const { replies } = await control.broadcast(method, args, { destination: [worker.nodename] });
    return replies[worker.nodename];
  };

  test('answers ping, active, stats and hello in the shapes of Python', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['shapes'] });
    const id = await bench.submit('t.sleep', [60_000], { queue: 'shapes' });
    await bench.event(id, 'task-started');

    expect(await ask(worker, 'ping')).toEqual({ ok: 'pong' });
    expect(await ask(worker, 'active')).toEqual([
      {
        id,
        name: 't.sleep',
        args: [60_000],
        kwargs: {},
        type: 't.sleep',
        hostname: worker.nodename,
        time_start: expect.any(Number),
        acknowledged: false,
        delivery_info: { exchange: '', routing_key: 'shapes', priority: 0, redelivered: false },
        worker_pid: process.pid,
      },
    ]);
    expect(await ask(worker, 'stats')).toMatchObject({
      total: { 't.sleep': 1 },
      pid: process.pid,
      prefetch_count: 8,
      pool: { 'max-concurrency': 2 },
      broker: { virtual_host: bench.vhost.name, userid: 'guest' },
    });
    expect(await ask(worker, 'hello', { from_node: 'other@x', revoked: {} })).toEqual({
      revoked: [],
      clock: expect.any(Number),
    });
    expect(await ask(worker, 'no_such_command')).toMatchObject({
      error: expect.stringContaining('KeyError'),
    });
    expect(await ask(worker, 'revoke', { task_id: id, terminate: true, signal: 'SIGKILL' })).toEqual({
      ok: `terminate: ${id}`,
    });
    expect((await bench.result(id, 'REVOKED')).result).toMatchObject({ exc_message: ['terminated'] });
    expect(await bench.event(id, 'task-revoked')).toMatchObject({
      terminated: true,
      signum: 9,
      expired: false,
    });
    expect(await ask(worker, 'active')).toEqual([]);
  });

  test('a task revoked before its delivery is dropped without task-received', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['revokes'] });
    await control.revoke('revoked-1', { destination: [worker.nodename] });
    const id = await bench.submit('t.sleep', [1], { queue: 'revokes', taskId: 'revoked-1' });
    expect((await bench.result(id, 'REVOKED')).result).toMatchObject({ exc_message: ['revoked'] });
    await bench.event(id, 'task-revoked');
    expect(bench.eventsOf(id)).toEqual(['task-revoked']);
    expect(runsOf(id)).toBe(0);
    expect(await ask(worker, 'revoked')).toEqual(['revoked-1']);
  });

  test('a warm stop finishes what runs and returns what waits, ETA messages included', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['warm'], concurrency: 1 });
    const running = await bench.submit('t.sleep', [400], { queue: 'warm' });
    await bench.event(running, 'task-started');
    const waiting = await bench.submit('t.sleep', [1], { queue: 'warm' });
    const held = await bench.submit('t.sleep', [1], { queue: 'warm', countdownSeconds: 60 });
    await bench.event(held, 'task-received');
    await worker.stop();

    expect(bench.metasOf(running).map(({ status }) => status)).toContain('SUCCESS');
    expect(runsOf(waiting)).toBe(0);
    await until('both messages in the queue', async () => (await bench.depth('warm')) === 2);
    await until('worker-offline', () =>
      bench.events.find(({ type, hostname }) => type === 'worker-offline' && hostname === worker.nodename),
    );
  });

  test('a lost connection runs neither the running nor the finished task twice, and consuming goes on', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['lost'] });
    const late = await bench.submit('t.sleep', [1500], { queue: 'lost' });
    const early = await bench.submit('t.early', [1500], { queue: 'lost' });
    await bench.event(late, 'task-started');
    await bench.event(early, 'task-started');
    await closeConnections(`${worker.nodename} (consume)`);
    await closeConnections(`${worker.nodename} (publish)`);

    expect((await bench.result(late, 'SUCCESS')).result).toBe('slept');
    expect((await bench.result(early, 'SUCCESS')).result).toBe('slept');
    const next = await bench.submit('t.sleep', [1], { queue: 'lost' });
    await bench.result(next, 'SUCCESS');
    await until('an empty queue', async () => (await bench.depth('lost')) === 0);
    expect([runsOf(late), runsOf(early), runsOf(next)]).toEqual([1, 1, 1]);
  });

  /** Ends the connections of this name, as an operator would. */
  async function closeConnections(name: string): Promise<void> {
    await until(`connection ${name}`, async () => {
      const listed = await rabbitmqctl('list_connections', 'pid', 'client_properties');
      const pids = listed
        .split('\n')
        .filter((line) => line.includes(`"${name}"`))
        .map((line) => line.split('\t')[0] ?? '');
      for (const pid of pids) await rabbitmqctl('close_connection', pid, 'test');
      return pids.length > 0;
    });
  }
});
