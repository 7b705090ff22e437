import { planTick, type Schedule, timingOf } from '../../../../server/schedules';

const MINUTE = 60_000;

function schedule(body: Partial<Schedule['body']> = {}): Schedule {
  return {
    id: 's',
    uid: 'u',
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
    createdBy: null,
    activeSince: 0,
    body: {
      interval_seconds: 60,
      missed: 'skip',
      missed_limit: 3,
      grace_seconds: 90,
      overlap: 'allow',
      paused: false,
      task: { task_name: 'tasks.add' },
      ...body,
    },
  };
}

const plan = (body: Partial<Schedule['body']>, cursor: number | undefined, now: number) => {
  const given = schedule(body);
  const progress = cursor === undefined ? undefined : { cursor };
  return planTick(given, progress, timingOf(given.body, given.createdAt), now);
};

describe('the plan for a schedule', () => {
  it('waits before the first tick, fires it when it is due, and not again', () => {
    expect(plan({}, undefined, MINUTE - 1)).toEqual({ kind: 'wait' });
    expect(plan({}, undefined, MINUTE)).toEqual({ kind: 'fire', tick: MINUTE, missed: 0 });
    expect(plan({}, MINUTE, MINUTE + 1)).toEqual({ kind: 'wait' });
  });

  it('fires ticks within the grace one after the other, the oldest first', () => {
    expect(plan({}, 0, 2 * MINUTE + 10_000)).toEqual({ kind: 'fire', tick: MINUTE, missed: 0 });
    expect(plan({}, MINUTE, 2 * MINUTE + 10_000)).toEqual({ kind: 'fire', tick: 2 * MINUTE, missed: 0 });
  });

  it('that skips passes over what is missed and goes on with what is not', () => {
    expect(plan({}, 0, 10 * MINUTE)).toEqual({ kind: 'fire', tick: 9 * MINUTE, missed: 8 });
    expect(plan({ grace_seconds: 1 }, 0, 10 * MINUTE + 30_000)).toEqual({
      kind: 'pass',
      cursor: 10 * MINUTE,
    });
  });

  it('that runs once fires the last missed tick for all of them', () => {
    expect(plan({ missed: 'run_once' }, 0, 10 * MINUTE)).toEqual({
      kind: 'fire',
      tick: 8 * MINUTE,
      missed: 7,
    });
    expect(plan({ missed: 'run_once' }, 8 * MINUTE, 10 * MINUTE)).toEqual({
      kind: 'fire',
      tick: 9 * MINUTE,
      missed: 0,
    });
  });

  it('that runs all fires the newest of the missed ticks, as many as its limit, oldest first', () => {
    const fired: number[] = [];
    for (let cursor = 0; ; ) {
      const next = plan({ missed: 'run_all' }, cursor, 10 * MINUTE);
      if (next.kind !== 'fire') break;
      fired.push(next.tick / MINUTE);
      cursor = next.tick;
    }
    expect(fired).toEqual([6, 7, 8, 9, 10]);
  });

  it('does nothing while paused', () => {
    expect(plan({ paused: true }, 0, 10 * MINUTE)).toEqual({ kind: 'wait' });
  });

  it('leaves alone what was due before it was made, resumed or given other times', () => {
    const given = { ...schedule({ missed: 'run_all' as const }), activeSince: 9 * MINUTE + 1 };
    const timing = timingOf(given.body, given.createdAt);
    expect(planTick(given, { cursor: MINUTE }, timing, 10 * MINUTE)).toEqual({
      kind: 'fire',
      tick: 10 * MINUTE,
      missed: 0,
    });
  });

  it('after ages of absence looks at no more than it can fire', () => {
    const years = 5 * 365 * 24 * 60 * MINUTE;
    expect(plan({ interval_seconds: 1, missed: 'run_once' }, 0, years).kind).toBe('fire');
  });
});
