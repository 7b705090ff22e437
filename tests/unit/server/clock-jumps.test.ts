import type { Options } from 'express-rate-limit';
import { QueueWatch } from '../../../celery/client/queue-watch';
import { CountersInMemory } from '../../../server/security/counters-in-memory';
import { EtaSchedule } from '../../../workers/intake/eta-schedule';
import { SilentLogger } from '../../support/silent-logger';

const HOUR_MS = 3_600_000;

/** A wall clock that somebody puts back or forth, and one that only goes on. */
class Clocks {
  wall = Date.UTC(2026, 0, 1);
  steady = 0;

  pass(ms: number): void {
    this.wall += ms;
    this.steady += ms;
  }
}

describe.each([
  ['back', -HOUR_MS],
  ['forth', HOUR_MS],
])('a wall clock that is put %s by an hour', (_way, jumpMs) => {
  let clocks: Clocks;
  beforeEach(() => {
    clocks = new Clocks();
    jest.useFakeTimers();
    jest.setSystemTime(clocks.wall);
  });
  afterEach(() => jest.useRealTimers());

  const jump = (): void => {
    clocks.wall += jumpMs;
    jest.setSystemTime(clocks.wall);
  };

  it('neither lengthens nor shortens the window of a rate limit', async () => {
    const counters = new CountersInMemory(() => clocks.steady);
    counters.init({ windowMs: 60_000 } as Options);
    await counters.increment('key');
    jump();
    clocks.pass(30_000);
    const { totalHits, resetTime } = await counters.increment('key');
    expect(totalHits).toBe(2);
    expect(resetTime?.getTime()).toBe(Date.now() + 30_000);
    clocks.pass(30_000);
    expect((await counters.increment('key')).totalHits).toBe(1);
    counters.shutdown();
  });

  it('does not change when a queue is looked at again', async () => {
    let looks = 0;
    const watch = new QueueWatch({
      topology: {
        queueStatus: async () => {
          looks += 1;
          return { messageCount: 0, consumerCount: 0 };
        },
        ensureQueue: async () => 'existing',
        ensureExchange: async () => 'existing',
        bindQueue: async () => undefined,
      },
      createMissing: true,
      intervalMs: 3000,
      onVanished: () => undefined,
      logger: new SilentLogger(),
      now: () => clocks.wall,
      monotonic: () => clocks.steady,
    });
    await watch.ensure('q');
    jump();
    expect(watch.ensure('q')).toBeUndefined();
    expect(looks).toBe(1);
    clocks.pass(3000);
    void watch.ensure('q');
    expect(looks).toBe(2);
  });

  it('runs a task at its ETA by the wall clock, or when its time would have come, and never before', async () => {
    const fired: string[] = [];
    const schedule = new EtaSchedule<string>(
      () => Date.now(),
      (task) => fired.push(task),
    );
    const until = Date.now() + 10_000;
    schedule.hold('task', until);
    jump();
    jest.advanceTimersByTime(9000);
    expect(fired).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(fired).toEqual(jumpMs > 0 ? ['task'] : []);
    jest.advanceTimersByTime(HOUR_MS);
    expect(fired).toEqual(['task']);
  });
});
