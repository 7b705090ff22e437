import { RateLimits } from '../../../../workers/intake';
import { tasksPerSecond } from '../../../../workers/registry';

describe('tasksPerSecond', () => {
  test.each([
    ['10/s', 10],
    ['100/m', 100 / 60],
    ['36/h', 0.01],
    ['0.5/s', 0.5],
    ['1e1/s', 10],
    ['7', 7],
    ['7/', 7],
    [3, 3],
    ['0', 0],
    ['', 0],
    [null, 0],
    [undefined, 0],
  ])('%p is %d', (limit, rate) => expect(tasksPerSecond(limit)).toBeCloseTo(rate, 10));

  test.each(['x/m', '/s', 'ten', '-1/s', ' /m'])('%p is no number', (limit) => {
    expect(() => tasksPerSecond(limit)).toThrow(expect.objectContaining({ excType: 'ValueError' }));
  });

  test('another unit is a KeyError, as in Python', () => {
    expect(() => tasksPerSecond('5/day')).toThrow(
      expect.objectContaining({ excType: 'KeyError', excArgs: ['day'] }),
    );
  });
});

describe('RateLimits', () => {
  const setup = (rates: Record<string, number>) => {
    const released: string[] = [];
    const limits = new RateLimits<string>({
      monotonic: () => Date.now(),
      rateOf: (task) => rates[task] ?? 0,
      release: (task) => released.push(task),
    });
    return { limits, released, rates };
  };

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('lets the first one go and the others one by one in their order', () => {
    const { limits, released } = setup({ a: 10 });
    expect(['1', '2', '3'].map((task) => limits.admit('a', task))).toEqual([true, false, false]);
    jest.advanceTimersByTime(102);
    expect(released).toEqual(['2']);
    jest.advanceTimersByTime(102);
    expect(released).toEqual(['2', '3']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('saves no burst up while idle', () => {
    const { limits } = setup({ a: 10 });
    limits.admit('a', '1');
    jest.advanceTimersByTime(60_000);
    expect(limits.admit('a', '2')).toBe(true);
    expect(limits.admit('a', '3')).toBe(false);
  });

  test('keeps tasks of other names apart, and lets those without a limit pass', () => {
    const { limits } = setup({ a: 1, b: 1 });
    expect(limits.admit('a', '1')).toBe(true);
    expect(limits.admit('b', '2')).toBe(true);
    expect([limits.admit('c', '3'), limits.admit('c', '4')]).toEqual([true, true]);
  });

  test('a changed limit holds for what waits, and none releases it', () => {
    const { limits, released, rates } = setup({ a: 1 / 3600 });
    for (const task of ['1', '2', '3']) limits.admit('a', task);
    rates.a = 10;
    limits.changed('a');
    expect(released).toEqual(['2']);
    rates.a = 0;
    limits.changed('a');
    expect(released).toEqual(['2', '3']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('what is removed is not released', () => {
    const { limits, released } = setup({ a: 10 });
    for (const task of ['1', '2', '3']) limits.admit('a', task);
    expect(limits.remove((task) => task === '2')).toEqual(['2']);
    jest.advanceTimersByTime(1000);
    expect(released).toEqual(['3']);
  });
});
