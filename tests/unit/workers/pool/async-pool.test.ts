import { AsyncPool } from '../../../../workers/pool';

describe('AsyncPool', () => {
  const setup = (concurrency: number, maxSettling = 100) => {
    const started: string[] = [];
    const pool = new AsyncPool<string>({ concurrency, maxSettling, start: (task) => started.push(task) });
    const finish = (): void => {
      pool.release();
      pool.settled();
    };
    return { pool, started, finish };
  };

  test('starts as many as it has slots, then in order as slots come free', () => {
    const { pool, started, finish } = setup(2);
    for (const task of ['a', 'b', 'c', 'd']) pool.submit(task);
    expect(started).toEqual(['a', 'b']);
    expect(pool.reserved).toEqual(['c', 'd']);
    finish();
    expect(started).toEqual(['a', 'b', 'c']);
    expect(pool.activeCount).toBe(2);
  });

  test('starts nothing more while too many are settling', () => {
    const { pool, started } = setup(1, 1);
    pool.submit('a');
    pool.submit('b');
    pool.release();
    expect(started).toEqual(['a']);
    pool.settled();
    expect(started).toEqual(['a', 'b']);
  });

  test('runs a hundred thousand tasks that end within start without growing the stack', () => {
    let runs = 0;
    const pool: AsyncPool<number> = new AsyncPool<number>({
      concurrency: 1,
      maxSettling: 10,
      start: () => {
        runs += 1;
        pool.release();
        pool.settled();
      },
    });
    pool.pause();
    for (let i = 0; i < 100_000; i += 1) pool.submit(i);
    pool.resume();
    expect(runs).toBe(100_000);
  });

  test('takes out what waits, keeps the rest in order, and is idle once the last is settled', async () => {
    const { pool, finish } = setup(1);
    for (const task of ['a', 'b', 'c', 'd']) pool.submit(task);
    expect(pool.removeWaiting((task) => task === 'c')).toEqual(['c']);
    expect(pool.reserved).toEqual(['b', 'd']);
    pool.pause();
    const idle = pool.idle();
    finish();
    await expect(idle).resolves.toBeUndefined();
  });

  test('grows at once and never shrinks below one slot', () => {
    const { pool, started } = setup(1);
    for (const task of ['a', 'b', 'c']) pool.submit(task);
    pool.resize(2);
    expect(started).toEqual(['a', 'b']);
    expect(pool.resize(-5)).toBe(1);
  });
});
