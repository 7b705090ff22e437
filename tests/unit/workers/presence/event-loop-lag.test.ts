import { silentLogger } from '../../../../runtime';
import { EventLoopLag } from '../../../../workers/presence';

describe('EventLoopLag', () => {
  let now: number;
  let ended: string[];
  let warnings: unknown[];
  let lag: EventLoopLag;

  beforeEach(() => {
    now = 0;
    ended = [];
    warnings = [];
    lag = new EventLoopLag({
      clock: { now: () => now, monotonic: () => now },
      logger: Object.assign(silentLogger(), {
        warn: (_message: string, fields: unknown) => warnings.push(fields),
      }),
      running: () => ['running'],
      ended: () => ended.length,
      endedSince: (count) => ended.slice(count),
    });
    lag.start();
  });
  afterEach(() => lag.stop());

  test('says nothing while the loop turns', () => {
    now += 250;
    lag.look();
    now += 900;
    lag.look();
    expect(warnings).toEqual([]);
  });

  test('names the tasks that run and those that ended since it last looked', () => {
    ended.push('long ago');
    now += 250;
    lag.look();
    ended.push('the culprit');
    now += 3250;
    lag.look();
    expect(warnings).toEqual([
      expect.objectContaining({ blockedMs: 3000, tasks: ['the culprit', 'running'] }),
    ]);
    expect(warnings[0]).not.toHaveProperty('consequence');
  });

  test('warns once for each standstill', () => {
    now += 2000;
    lag.look();
    now += 250;
    lag.look();
    expect(warnings).toHaveLength(1);
  });

  test('says that the connection may be gone after two heartbeats', () => {
    now += 21_000;
    lag.look();
    expect(warnings[0]).toHaveProperty('consequence');
  });
});
