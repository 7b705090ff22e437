import type { ScheduleRun } from './schedule';
import type { ScheduleStatus } from './service';

function isoTime(epochMs: number | null | undefined): string | null {
  return epochMs === null || epochMs === undefined ? null : new Date(epochMs).toISOString();
}

function runView({ tick, at, taskId, outcome, error, missed }: ScheduleRun): object {
  return {
    tick_at: isoTime(tick),
    fired_at: isoTime(at),
    task_id: taskId,
    outcome,
    error,
    missed_before: missed,
  };
}

export function scheduleView({ schedule, progress, nextAt }: ScheduleStatus): object {
  const { body } = schedule;
  return {
    id: schedule.id,
    description: body.description ?? null,
    cron: body.cron ?? null,
    timezone: body.cron === undefined ? null : (body.timezone ?? 'UTC'),
    interval_seconds: body.interval_seconds ?? null,
    starts_at: body.starts_at ?? null,
    ends_at: body.ends_at ?? null,
    missed: body.missed,
    missed_limit: body.missed_limit,
    grace_seconds: body.grace_seconds,
    overlap: body.overlap,
    paused: body.paused,
    task: body.task,
    revision: schedule.revision,
    created_at: isoTime(schedule.createdAt),
    updated_at: isoTime(schedule.updatedAt),
    created_by: schedule.createdBy,
    next_run_at: isoTime(nextAt),
    last_runs: (progress?.runs ?? []).map(runView),
  };
}

export function listView(page: readonly ScheduleStatus[], more: boolean): object {
  return {
    schedules: page.map(scheduleView),
    next_cursor: more ? (page.at(-1)?.schedule.id ?? null) : null,
  };
}

export function timesView(times: readonly number[]): object {
  return { times: times.map(isoTime) };
}
