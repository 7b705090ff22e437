import { silentLogger } from '../../../../runtime';
import { Autoscaler } from '../../../../workers/pool';

describe('Autoscaler', () => {
  let now: number;
  let load: number;
  let processed: number;
  let size: number;
  let autoscaler: Autoscaler;

  beforeEach(() => {
    now = 1_000;
    load = 0;
    processed = 0;
    size = 2;
    autoscaler = new Autoscaler({
      range: { max: 8, min: 2 },
      keepaliveMs: 30_000,
      clock: { now: () => now, monotonic: () => now },
      logger: silentLogger(),
      pool: {
        get size() {
          return size;
        },
        resize: (next) => {
          size = next;
        },
      },
      load: () => load,
      processed: () => processed,
    });
  });
  const finishAll = (): void => {
    processed += load;
    load = 0;
  };

  test('grows to the load at once, and never beyond its maximum', () => {
    load = 5;
    autoscaler.tick();
    expect(size).toBe(5);
    load = 50;
    autoscaler.tick();
    expect(size).toBe(8);
  });

  test('keeps its size for the keepalive after the last growth, then shrinks to its minimum', () => {
    load = 6;
    autoscaler.tick();
    finishAll();
    now += 30_000;
    autoscaler.tick();
    expect(size).toBe(6);
    now += 1;
    autoscaler.tick();
    expect(size).toBe(2);
  });

  test('counts the quiet time from the last task that arrived, not from the last growth', () => {
    load = 6;
    autoscaler.tick();
    finishAll();
    now += 20_000;
    load = 1;
    autoscaler.tick();
    finishAll();
    now += 20_000;
    autoscaler.tick();
    expect(size).toBe(6);
    now += 10_001;
    autoscaler.tick();
    expect(size).toBe(2);
  });

  test('shrinks only to what is still running', () => {
    load = 6;
    autoscaler.tick();
    processed = 2;
    load = 4;
    now += 30_001;
    autoscaler.tick();
    expect(size).toBe(4);
  });

  test('an update brings the pool within the new range at once and leaves what it does not name', () => {
    expect(autoscaler.update({ min: 4 })).toEqual({ max: 8, min: 4 });
    expect(size).toBe(4);
    expect(autoscaler.update({ max: 3, min: 1 })).toEqual({ max: 3, min: 1 });
    expect(size).toBe(3);
  });

  test('tells its range, size and load as Celery does', () => {
    load = 3;
    expect(autoscaler.info()).toEqual({ max: 8, min: 2, current: 2, qty: 3 });
  });
});
