import type { Schedule, ScheduleProgress } from './schedule';
import type { Timing } from './timing';

/** What is to be done for a schedule at a moment. */
export type TickPlan =
  | { readonly kind: 'wait' }
  /** Ticks up to the cursor are passed over. */
  | { readonly kind: 'pass'; readonly cursor: number }
  | { readonly kind: 'fire'; readonly tick: number; readonly missed: number };

/** More due ticks than this are not looked at: the newest count. */
const MOST_DUE = 200;
const WAIT: TickPlan = { kind: 'wait' };

/**
 * Decides by the schedule's policy, one tick at a time and the oldest first. A tick is missed once it is later than the grace:
 * then no gateway was there to fire it.
 */
export function planTick(
  { body, activeSince }: Schedule,
  progress: Pick<ScheduleProgress, 'cursor'> | undefined,
  timing: Timing,
  nowMs: number,
): TickPlan {
  if (body.paused) return WAIT;
  const after = Math.max(progress?.cursor ?? activeSince, activeSince);
  const due = timing.due(after, nowMs, MOST_DUE);
  const last = due.at(-1);
  if (last === undefined) return WAIT;
  const timely = due.findIndex((tick) => nowMs - tick <= body.grace_seconds * 1000);
  const missed = timely < 0 ? due.length : timely;
  const first = firstToFire(missed, due.length, body.missed, body.missed_limit);
  const tick = due[first];
  return tick === undefined ? { kind: 'pass', cursor: last } : { kind: 'fire', tick, missed: first };
}

/** Index of the tick to fire among those due, of which the first `missed` are missed. */
function firstToFire(missed: number, due: number, policy: Schedule['body']['missed'], limit: number): number {
  if (missed === 0) return 0;
  if (policy === 'run_once') return missed - 1;
  if (policy === 'run_all') return Math.max(0, missed - limit);
  return Math.min(missed, due);
}
