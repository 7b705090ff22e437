import { validated } from '../http/validation';
import type { ScheduleBody } from './schedule';
import { scheduleSchema } from './schema';

/** A schedule with some of its fields changed: `cron` and `interval_seconds` take each other's place. */
export function patched(body: ScheduleBody, patch: Readonly<Record<string, unknown>>): ScheduleBody {
  const merged: Record<string, unknown> = { ...body, ...patch };
  if (patch.cron !== undefined && patch.interval_seconds === undefined) delete merged.interval_seconds;
  if (patch.interval_seconds !== undefined && patch.cron === undefined) {
    delete merged.cron;
    delete merged.timezone;
  }
  const kept = Object.entries(merged).filter(([, value]) => value !== null && value !== undefined);
  return validated(scheduleSchema, Object.fromEntries(kept));
}
