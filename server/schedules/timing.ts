import { Cron } from 'croner';
import type { ScheduleBody } from './schedule';

/** The part of a schedule that says when. */
export type TimingBody = Pick<
  ScheduleBody,
  'cron' | 'timezone' | 'interval_seconds' | 'starts_at' | 'ends_at'
>;

/** Five fields, six with seconds in front, or a nickname. */
const EXPRESSION = /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[^\s?]+( +[^\s?]+){4,5})$/i;

/** When a schedule is due. All moments are epoch milliseconds. */
export class Timing {
  private readonly startsAt: number;
  private readonly endsAt: number;

  /** @param series the moments without begin and end. */
  constructor(
    { starts_at: startsAt, ends_at: endsAt }: TimingBody,
    private readonly series: Series,
  ) {
    this.startsAt = startsAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(startsAt);
    this.endsAt = endsAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(endsAt);
  }

  /** The first tick after a moment; undefined when there is none any more. */
  next(afterMs: number): number | undefined {
    const tick = this.series.next(Math.max(afterMs, this.startsAt - 1));
    return tick === undefined || tick > this.endsAt ? undefined : tick;
  }

  /** The next ticks, at most `count`. */
  upcoming(afterMs: number, count: number): readonly number[] {
    const ticks: number[] = [];
    for (let at = afterMs; ticks.length < count; ) {
      const tick = this.next(at);
      if (tick === undefined) break;
      ticks.push(tick);
      at = tick;
    }
    return ticks;
  }

  /** The last ticks after `afterMs` and not after `untilMs`, oldest first, at most `most`. */
  due(afterMs: number, untilMs: number, most: number): readonly number[] {
    const ticks: number[] = [];
    const from = Math.max(afterMs, this.startsAt - 1);
    for (let at = Math.min(untilMs, this.endsAt) + 1; ticks.length < most; ) {
      const tick = this.series.previous(at);
      if (tick === undefined || tick <= from) break;
      ticks.push(tick);
      at = tick;
    }
    return ticks.reverse();
  }
}

/** Moments that repeat. */
export interface Series {
  /** The first one after a moment. */
  next(afterMs: number): number | undefined;
  /** The last one before a moment. */
  previous(beforeMs: number): number | undefined;
}

function interval(everyMs: number, anchorMs: number): Series {
  const at = (index: number) => anchorMs + index * everyMs;
  return {
    next: (afterMs) => at(Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1)),
    previous: (beforeMs) => {
      const index = Math.ceil((beforeMs - anchorMs) / everyMs) - 1;
      return index < 0 ? undefined : at(index);
    },
  };
}

function cronSeries(expression: string, timezone: string): Series {
  const cron = new Cron(expression, { timezone, paused: true });
  return {
    next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime(),
    previous: (beforeMs) => cron.previousRuns(1, new Date(beforeMs))[0]?.getTime(),
  };
}

/**
 * The timing of a schedule. At a change of the clocks a time of day that is left out comes at the first moment after the gap,
 * one that comes twice counts once; what repeats within hours goes on by elapsed time.
 * @param anchorMs where an interval without `starts_at` begins.
 * @throws RangeError or TypeError for a cron expression or time zone that is none.
 */
export function timingOf(body: TimingBody, anchorMs: number): Timing {
  const { cron, timezone = 'UTC', interval_seconds: seconds, starts_at: startsAt } = body;
  if (cron === undefined) {
    const anchor = startsAt === undefined ? anchorMs : Date.parse(startsAt);
    return new Timing(body, interval(Math.round((seconds ?? Number.NaN) * 1000), anchor));
  }
  if (!EXPRESSION.test(cron)) throw new TypeError('must have five fields, or six with seconds in front');
  return new Timing(body, cronSeries(cron, timezone));
}
