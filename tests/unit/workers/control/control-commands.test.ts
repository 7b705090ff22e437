import { celeryQueue } from '../../../../celery/protocol';
import { controlCommands, signalNumber, type WorkerView } from '../../../../workers/control';
import { RevokedTasks } from '../../../../workers/intake';
import { defineTask, TaskRegistry } from '../../../../workers/registry';

const setup = (changes: Partial<WorkerView> = {}) => {
  const calls: unknown[] = [];
  const view: WorkerView = {
    nodename: 'ts@x',
    version: '1.2.3',
    registry: new TaskRegistry(
      ['b.two', 'a.one', 'celery.x'].map((name) => defineTask(name, { params: [] }, () => null)),
    ),
    revoked: new RevokedTasks(),
    clock: { value: 7, forward: () => 8, adjust: () => 9 },
    startedAt: Date.now() - 3000,
    queues: [celeryQueue('celery')],
    concurrency: 2,
    prefetchCount: 8,
    totals: new Map([['a.one', 3]]),
    broker: { hostname: 'h' },
    settings: () => ({ worker_concurrency: 2 }),
    active: () => [],
    reserved: () => [],
    scheduled: () => [],
    storeRevoked: (ids) => calls.push(['store', ...ids]),
    terminate: () => [],
    enableEvents: () => true,
    disableEvents: () => false,
    heartbeat: () => calls.push('heartbeat'),
    poolStats: () => ({ 'max-concurrency': 2 }),
    autoscaler: undefined,
    resizePool: (change) => calls.push(['resize', change]),
    restartPool: () => calls.push('restart'),
    changeTask: (name, settings) => {
      calls.push([name, settings]);
      return view.registry.change(name, settings);
    },
    addQueue: ({ queue }) => calls.push(['add', queue.name]),
    cancelQueue: (queue) => calls.push(['cancel', queue]),
    shutdown: () => calls.push('shutdown'),
    ...changes,
  };
  const commands = controlCommands(view);
  const run = (name: string, args: Record<string, unknown> = {}): unknown =>
    commands.get(name)?.(args, { nodename: 'ts@x' });
  return { run, calls, view };
};

describe('controlCommands', () => {
  test.each([
    ['ping', {}, { ok: 'pong' }],
    ['clock', {}, { clock: 7 }],
    ['registered', {}, ['a.one', 'b.two']],
    ['registered', { builtins: true }, ['a.one', 'b.two', 'celery.x']],
    ['revoke', { task_id: 'z1' }, { ok: `tasks {'z1'} flagged as revoked` }],
    ['revoke', { task_id: ['z1'], terminate: true }, { ok: 'terminate: tasks unknown' }],
    ['enable_events', {}, { ok: 'task events enabled' }],
    ['disable_events', {}, { ok: 'task events already disabled' }],
    ['pool_grow', { n: 2 }, { ok: 'pool will grow' }],
    ['add_consumer', { queue: 'q' }, { ok: 'add consumer q' }],
    ['cancel_consumer', { queue: 'q' }, { ok: 'no longer consuming from q' }],
    ['heartbeat', {}, null],
    ['hello', { from_node: 'ts@x' }, null],
    ['query_task', { ids: ['unknown'] }, {}],
  ])('%s %j answers as Python does', (name, args, reply) => {
    expect(setup().run(name, args)).toEqual(reply);
  });

  test('terminate hands the signal over as a number and names the tasks that are here', () => {
    const terminated: unknown[] = [];
    const { run, view } = setup({
      terminate: (ids, signum) => {
        terminated.push([...ids], signum);
        return [...ids];
      },
    });
    expect(run('terminate', { signal: 'KILL', task_id: ['a', 'b'] })).toEqual({ ok: 'terminate: a, b' });
    expect(terminated).toEqual([['a', 'b'], 9]);
    expect(view.revoked.list()).toEqual(['a', 'b']);
  });

  test('hello merges the ids another worker knows, in either of its forms', () => {
    const { run } = setup();
    run('hello', { from_node: 'py@x', revoked: { old: [1.5, 'old'] } });
    expect(run('hello', { from_node: 'py@x', revoked: ['new'] })).toEqual({
      revoked: ['old', 'new'],
      clock: 8,
    });
  });

  test('stats has what Flower cannot do without, the clock as a text', () => {
    expect(setup().run('stats')).toMatchObject({
      total: { 'a.one': 3 },
      broker: { hostname: 'h' },
      clock: '7',
      uptime: 3,
    });
  });

  test('a count or a queue of the wrong type is an error of the command', () => {
    const { run, calls } = setup();
    expect(() => run('pool_grow', { n: 'two' })).toThrow(TypeError);
    expect(() => run('add_consumer', {})).toThrow(TypeError);
    expect(calls).toEqual([]);
  });

  test('shutdown asks for the warm stop and sends no reply', () => {
    const { run, calls } = setup();
    expect(typeof run('shutdown')).toBe('symbol');
    expect(calls).toEqual(['shutdown']);
  });
});

describe('signalNumber', () => {
  test.each([
    ['TERM', 15],
    ['SIGKILL', 9],
    [2, 2],
    [undefined, 15],
  ])('%s is %d', (given, number) => expect(signalNumber(given)).toBe(number));

  test('refuses lower case as Python does', () => {
    expect(() => signalNumber('term')).toThrow(TypeError);
  });
});
