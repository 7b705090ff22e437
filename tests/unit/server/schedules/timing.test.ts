import { timingOf } from '../../../../server/schedules';

const at = (text: string): number => Date.parse(text);
const shown = (ticks: readonly number[]): readonly string[] =>
  ticks.map((tick) => new Date(tick).toISOString());

describe('a cron expression with a time zone', () => {
  const nightly = timingOf({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, 0);

  it('comes after the gap when the clocks go forward over it', () => {
    expect(shown(nightly.upcoming(at('2026-03-28T12:00:00Z'), 2))).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('comes once when the clocks go back over it', () => {
    expect(shown(nightly.upcoming(at('2026-10-24T12:00:00Z'), 2))).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('goes on through both hours when it repeats within hours', () => {
    const often = timingOf({ cron: '*/30 * * * *', timezone: 'Europe/Berlin' }, 0);
    expect(often.upcoming(at('2026-10-24T23:45:00Z'), 4)).toEqual(
      ['00:00', '00:30', '01:00', '01:30'].map((time) => at(`2026-10-25T${time}:00Z`)),
    );
  });

  it('tells the same ticks backwards as forwards', () => {
    const from = at('2026-03-20T00:00:00Z');
    const until = at('2026-04-05T00:00:00Z');
    const forwards = nightly.upcoming(from, 100).filter((tick) => tick <= until);
    expect(nightly.due(from, until, 100)).toEqual(forwards);
    expect(nightly.due(from, until, 3)).toEqual(forwards.slice(-3));
  });

  it('without a time zone is in UTC', () => {
    expect(shown(timingOf({ cron: '0 6 * * *' }, 0).upcoming(at('2026-07-01T00:00:00Z'), 1))).toEqual([
      '2026-07-01T06:00:00.000Z',
    ]);
  });

  it.each(['* * * *', '* * * * * * *', '? * * * *', '2026-01-01T00:00:00', '61 * * * *', '@never'])(
    '%s is none',
    (cron) => {
      expect(() => timingOf({ cron }, 0)).toThrow();
    },
  );

  it('that never comes has no next tick', () => {
    expect(timingOf({ cron: '0 0 31 2 *' }, 0).next(at('2026-01-01T00:00:00Z'))).toBeUndefined();
  });
});

describe('an interval', () => {
  it('counts from its beginning, not from when it is looked at', () => {
    const timing = timingOf({ interval_seconds: 10 }, 1000);
    expect(timing.upcoming(1000, 3)).toEqual([11_000, 21_000, 31_000]);
    expect(timing.next(20_999)).toBe(21_000);
    expect(timing.due(1000, 31_000, 10)).toEqual([11_000, 21_000, 31_000]);
  });

  it('with a start begins there, and with an end ends there', () => {
    const timing = timingOf(
      {
        interval_seconds: 60,
        starts_at: '2026-01-01T00:00:00Z',
        ends_at: '2026-01-01T00:02:00Z',
      },
      0,
    );
    const start = at('2026-01-01T00:00:00Z');
    expect(timing.upcoming(0, 10)).toEqual([start, start + 60_000, start + 120_000]);
    expect(timing.due(0, start + 600_000, 10)).toEqual([start, start + 60_000, start + 120_000]);
  });
});
