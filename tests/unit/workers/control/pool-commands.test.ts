import { type PoolView, poolCommands } from '../../../../workers/control/pool-commands';

describe('pool commands', () => {
  const setup = (changes: Partial<PoolView> = {}) => {
    const calls: unknown[] = [];
    const commands = poolCommands({
      autoscaler: undefined,
      resizePool: (change) => calls.push(['resize', change]),
      restartPool: () => calls.push('restart'),
      ...changes,
    });
    const run = (name: string, args: Record<string, unknown> = {}): unknown =>
      commands[name]?.(args, { nodename: 'ts@x' });
    return { run, calls };
  };
  const autoscaler: NonNullable<PoolView['autoscaler']> = {
    info: () => ({ max: 10, min: 3, current: 3, qty: 0 }),
    update: ({ max = 10, min = 3 }) => ({ max, min }),
  };

  test.each<[string, Record<string, unknown>, unknown, unknown]>([
    ['pool_grow', {}, { ok: 'pool will grow' }, ['resize', 1]],
    ['pool_grow', { n: 3 }, { ok: 'pool will grow' }, ['resize', 3]],
    ['pool_shrink', { n: 2 }, { ok: 'pool will shrink' }, ['resize', -2]],
    ['pool_restart', { modules: ['x'], reload: true }, { ok: 'reload started' }, 'restart'],
  ])('%s %j answers as Python and does it', (name, args, reply, call) => {
    const { run, calls } = setup();
    expect(run(name, args)).toEqual(reply);
    expect(calls).toEqual([call]);
  });

  test.each(['pool_grow', 'pool_shrink'])('%s is refused while the pool adapts by itself', (name) => {
    const { run, calls } = setup({ autoscaler });
    expect(run(name)).toEqual({
      error: `${name} is not supported with autoscale. Adjust autoscale range instead.`,
    });
    expect(calls).toEqual([]);
  });

  test('autoscale tells the bounds it has now, and what was not named stays', () => {
    const { run } = setup({ autoscaler });
    expect(run('autoscale', { max: 20, min: 5 })).toEqual({ ok: 'autoscale now max=20 min=5' });
    expect(run('autoscale', { max: 20 })).toEqual({ ok: 'autoscale now max=20 min=3' });
  });

  test('autoscale without the option is the ValueError of Python', () => {
    const { run } = setup();
    expect(() => run('autoscale', { max: 2 })).toThrow(
      expect.objectContaining({ excType: 'ValueError', excArgs: ['Autoscale not enabled'] }),
    );
  });

  test.each([{ n: 'two' }, { n: 1.5 }])('a number of slots that is none is refused: %j', (args) => {
    const { run, calls } = setup();
    expect(() => run('pool_grow', args)).toThrow(TypeError);
    expect(calls).toEqual([]);
  });
});
