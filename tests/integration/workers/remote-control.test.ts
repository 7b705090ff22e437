import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient } from '../../../celery/control';
import { LamportClock } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { defineTask, type Worker } from '../../../workers';
import { rabbitmqctl } from '../../support/vhost';
import { until, WorkerBench } from './worker-bench';

describe('what remote control changes in a worker, over a real broker', () => {
  let bench: WorkerBench;
  let control: ControlClient;
  const starts: { readonly id: string; readonly at: number }[] = [];
  const note = (id: string): void => {
    starts.push({ id, at: performance.now() });
  };
  const tasks = [
    defineTask('c.limited', { params: [], rateLimit: '5/s', acksLate: true }, ({ taskId }) => note(taskId)),
    defineTask('c.free', { params: [] }, ({ taskId }) => note(taskId)),
    defineTask('c.sleep', { params: [] }, (context) => context.sleep(60_000)),
  ];

  beforeAll(async () => {
    bench = await WorkerBench.open('remote');
    const { connections, publisher } = bench;
    const clock = new LamportClock();
    control = new ControlClient({ connections, publisher, clock, timeoutMs: 5000, logger: silentLogger() });
    await control.start();
  });
  afterAll(async () => {
    await control.stop();
    await bench.close();
  });

  async function ask(worker: Worker, method: string, args: Readonly<Record<string, unknown>> = {}) {
    const { replies } = await control.broadcast(method, args, { destination: [worker.nodename] });
    return replies[worker.nodename];
  }

  const gapsOf = (ids: readonly string[]): number[] => {
    const at = starts.filter(({ id }) => ids.includes(id)).map((start) => start.at);
    return at.slice(1).map((later, index) => later - (at[index] ?? 0));
  };

  const submitMany = (count: number, name: string, queue: string): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, () => bench.submit(name, [], { queue })));

  test('a rate limit spaces the starts of its task, keeps the rest unacknowledged, and holds up no other', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['rates'], concurrency: 10 });
    const ids = await submitMany(6, 'c.limited', 'rates');
    const [other = ''] = await submitMany(1, 'c.free', 'rates');
    await bench.event(other, 'task-succeeded');
    expect(starts.filter(({ id }) => ids.includes(id)).length).toBeLessThan(4);
    expect(await ask(worker, 'reserved')).toEqual([]);

    await Promise.all(ids.map((id) => bench.event(id, 'task-succeeded')));
    // A token every 200 ms; timers may be late, and then the next one comes sooner.
    const gaps = gapsOf(ids);
    expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeGreaterThan(950);
    expect(starts.filter(({ id }) => ids.includes(id)).map(({ id }) => id)).toHaveLength(6);
    await worker.stop();
  });

  test('a live change of the rate reaches what waits already', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['live'], concurrency: 10 });
    expect(await ask(worker, 'rate_limit', { task_name: 'c.limited', rate_limit: '1/h' })).toEqual({
      ok: 'new rate limit set successfully',
    });
    expect(await ask(worker, 'registered')).toContain('c.limited [rate_limit=1/h]');
    const ids = await submitMany(5, 'c.limited', 'live');
    await Promise.all(ids.map((id) => bench.event(id, 'task-received')));
    await until('the first one', () => starts.some(({ id }) => ids.includes(id)));
    expect(starts.filter(({ id }) => ids.includes(id))).toHaveLength(1);

    expect(await ask(worker, 'rate_limit', { task_name: 'c.limited', rate_limit: null })).toEqual({
      ok: 'rate limit disabled successfully',
    });
    await Promise.all(ids.map((id) => bench.event(id, 'task-succeeded')));
    await worker.stop();
  });

  test('one that waits for its turn is dropped when it is revoked, and goes back on a warm stop', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['waits'], concurrency: 10 });
    await ask(worker, 'rate_limit', { task_name: 'c.limited', rate_limit: '1/h' });
    const ids = await submitMany(3, 'c.limited', 'waits');
    await Promise.all(ids.map((id) => bench.event(id, 'task-received')));
    const first = await until('the first one', () => starts.find(({ id }) => ids.includes(id))?.id);
    const [revoked = '', kept = ''] = ids.filter((id) => id !== first);
    await ask(worker, 'revoke', { task_id: revoked });
    await worker.stop();
    expect(await bench.depth('waits')).toBe(2);

    const next = await bench.startWorker(tasks, { queues: ['other'] });
    await ask(next, 'revoke', { task_id: revoked });
    await ask(next, 'add_consumer', { queue: 'waits' });
    expect((await bench.result(revoked, 'REVOKED')).result).toMatchObject({ exc_message: ['revoked'] });
    await bench.event(kept, 'task-succeeded');
    await next.stop();
  });

  test('a time limit set live ends a task that comes later', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['limits'] });
    expect(await ask(worker, 'time_limit', { task_name: 'c.sleep', hard: 0.2, soft: null })).toEqual({
      ok: 'time limits set successfully',
    });
    const id = await bench.submit('c.sleep', [], { queue: 'limits' });
    expect((await bench.result(id, 'FAILURE')).result).toMatchObject({
      exc_type: 'TimeLimitExceeded',
      exc_message: [0.2],
    });
    await worker.stop();
  });

  test('limits of the whole worker hold for tasks without their own', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['worker-limits'], softTimeLimitSeconds: 0.2 });
    const id = await bench.submit('c.sleep', [], { queue: 'worker-limits' });
    expect((await bench.result(id, 'FAILURE')).result).toMatchObject({ exc_type: 'SoftTimeLimitExceeded' });
    await worker.stop();
  });

  test('a custom command is answered, may ask the worker, and one that fails harms nothing', async () => {
    const worker = await bench.startWorker(tasks, {
      queues: ['custom'],
      commands: {
        greet: async ({ name }, { nodename, ask: inspect }) => ({
          ok: `${String(name)} from ${nodename}`,
          ping: await inspect('ping'),
        }),
        fail: () => {
          throw new RangeError('too far');
        },
        cycle: () => {
          const value: Record<string, unknown> = {};
          value.self = value;
          return value;
        },
        hang: () => new Promise(() => undefined),
      },
    });
    void control.broadcast('hang', {}, { destination: [worker.nodename], reply: false });
    expect(await ask(worker, 'greet', { name: 'hello' })).toEqual({
      ok: `hello from ${worker.nodename}`,
      ping: { ok: 'pong' },
    });
    expect(await ask(worker, 'fail')).toEqual({ error: "ValueError('too far')" });
    expect(await ask(worker, 'cycle')).toEqual({ error: expect.stringContaining('circular') });
    expect(await ask(worker, 'ping')).toEqual({ ok: 'pong' });
    await worker.stop();
  });

  test("a custom command of Celery's own name is refused when the worker is made", () => {
    const make = () => bench.startWorker(tasks, { commands: { ping: () => null } });
    return expect(make()).rejects.toThrow('control command ping');
  });

  test('revokes by id and by stamp outlive a restart with a state file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'state-'));
    const stateFile = join(folder, 'worker.json');
    const first = await bench.startWorker(tasks, { queues: ['before'], stateFile });
    await ask(first, 'revoke', { task_id: ['kept-1', 'kept-2'] });
    await ask(first, 'revoke_by_stamped_headers', { headers: { tenant: ['blue'] } });
    // Written soon after the change, so that a kill does not lose it.
    await until('the file', async () => (await readFile(stateFile, 'utf8')).includes('blue'));
    await first.stop();

    const second = await bench.startWorker(tasks, { queues: ['after'], stateFile });
    expect(await ask(second, 'revoked')).toEqual(['kept-1', 'kept-2']);
    const byId = await bench.submit('c.free', [], { queue: 'after', taskId: 'kept-1' });
    const options = { queue: 'after', stampedHeaders: ['tenant'], stamps: { tenant: 'blue' } };
    const byStamp = await bench.submit('c.free', [], options);
    await bench.result(byId, 'REVOKED');
    await bench.result(byStamp, 'REVOKED');
    expect(starts.filter(({ id }) => id === byId || id === byStamp)).toEqual([]);
    await second.stop();

    await writeFile(stateFile, 'something else');
    await expect(bench.startWorker(tasks, { queues: ['never'], stateFile })).rejects.toThrow(
      'not a state file',
    );
    expect(await readFile(stateFile, 'utf8')).toBe('something else');
  });

  test('an extended result tells what ran, with what and where', async () => {
    const worker = await bench.startWorker(tasks, { queues: ['extended'], resultExtended: true });
    const id = await bench.submit('c.free', [], { queue: 'extended' });
    expect(await bench.result(id, 'SUCCESS')).toMatchObject({
      name: 'c.free',
      args: [],
      kwargs: {},
      worker: worker.nodename,
      retries: 0,
      queue: 'extended',
    });
    await worker.stop();
  });

  test('a worker that was cut off asks its neighbours what it missed', async () => {
    const cut = await bench.startWorker(tasks, { queues: ['cut'], mingle: true });
    const other = await bench.startWorker(tasks, { queues: ['stays'] });
    await ask(other, 'revoke', { task_id: 'missed' });
    expect(await ask(cut, 'revoked')).toEqual([]);
    await until('the connection', async () => {
      const lines = (await rabbitmqctl('list_connections', 'pid', 'client_properties')).split('\n');
      const line = lines.find((text) => text.includes(`"${cut.nodename} (consume)"`));
      if (line !== undefined) await rabbitmqctl('close_connection', line.split('\t')[0] ?? '', 'test');
      return line !== undefined;
    });
    await until('what it missed', async () => {
      const revoked = await ask(cut, 'revoked');
      return Array.isArray(revoked) && revoked.includes('missed');
    });
    await Promise.all([cut.stop(), other.stop()]);
  });
});
