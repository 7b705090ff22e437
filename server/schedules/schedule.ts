import type { SubmitBody } from '../tasks';

/** What a schedule does about ticks that came while nobody could fire them. */
export type MissedPolicy = 'skip' | 'run_once' | 'run_all';

/** A schedule as it was asked for. Exactly one of `cron` and `interval_seconds`. */
export interface ScheduleBody {
  readonly description?: string;
  readonly cron?: string;
  /** IANA name; goes with `cron`. */
  readonly timezone?: string;
  readonly interval_seconds?: number;
  readonly starts_at?: string;
  readonly ends_at?: string;
  readonly missed: MissedPolicy;
  readonly missed_limit: number;
  readonly grace_seconds: number;
  readonly overlap: 'allow' | 'skip';
  readonly paused: boolean;
  readonly task: SubmitBody;
}

/** A schedule as all gateways remember it. Moments are epoch milliseconds. */
export interface Schedule {
  readonly id: string;
  /** Another one for a schedule that was deleted and made again: its ticks are other ticks. */
  readonly uid: string;
  /** One more for each change by a caller. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Key that made it. */
  readonly createdBy: string | null;
  /** Key that named its task's callback_url, whose secret signs; null: nobody had to say who it was. */
  readonly callbackOwner?: string | null | undefined;
  /** Ticks up to here are nobody's: it did not exist then, was paused or had other times. */
  readonly activeSince: number;
  readonly body: ScheduleBody;
}

/** What became of a tick, or of a run by hand. */
export interface ScheduleRun {
  /** The moment it was due; null: run by hand. */
  readonly tick: number | null;
  /** When it was fired. */
  readonly at: number;
  readonly taskId: string | null;
  readonly outcome: 'submitted' | 'failed' | 'skipped_overlap';
  /** Code of the error. */
  readonly error: string | null;
  /** Ticks before it that were passed over as missed; as far as they were counted. */
  readonly missed: number;
}

/** A tick that a gateway has taken on itself to fire. */
export interface TickClaim {
  readonly tick: number;
  /** Process that has it. */
  readonly by: string;
  readonly attempt: number;
  readonly missed: number;
}

/** How far a schedule has come. */
export interface ScheduleProgress {
  /** Of the schedule it belongs to. */
  readonly uid: string;
  /** Ticks up to here are dealt with. */
  readonly cursor: number;
  readonly claim: TickClaim | null;
  /** The last ones, newest first. */
  readonly runs: readonly ScheduleRun[];
}

/** What one key of the stream holds. */
export type Stored = { readonly schedule: Schedule } | { readonly progress: ScheduleProgress };

/** @returns undefined for what is none: anyone may publish to a stream. */
export function readStored(json: unknown): Stored | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { schedule, progress } = json as { readonly schedule?: unknown; readonly progress?: unknown };
  // Written by this very file; only another program's words would look otherwise.
  if (has(schedule, 'uid', 'body', 'revision')) return { schedule: schedule as Schedule };
  if (has(progress, 'uid', 'cursor', 'runs')) return { progress: progress as ScheduleProgress };
  return undefined;
}

function has(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}
