import { integer } from '../../runtime';

/** Acting on workers and tasks, and what of it the gateway remembers. */
export const controlSettings = {
  CONTROL_CACHE_MS: integer({
    default: 1000,
    min: 0,
    max: 60_000,
    description:
      'How long what workers answered to an inspection is served again; callers at the same time share one in any case.',
  }),
  CONTROL_MAX_BROADCASTS: integer({
    default: 8,
    min: 1,
    max: 1000,
    description: 'Inspections under way at the same time; more of them wait their turn.',
  }),
  REVOKE_HOLD_SECONDS: integer({
    default: 86_400,
    min: 60,
    max: 31_536_000,
    description:
      'How long a revoke holds: workers that come online before are told of it. One of a task with an ETA holds so long from its ETA on.',
  }),
  REVOKE_HOLD_MAX_SECONDS: integer({
    default: 31_536_000,
    min: 60,
    max: 315_360_000,
    description: 'The longest a revoke holds, however far off its task.',
  }),
  REVOKE_MAX_ENTRIES: integer({
    default: 50_000,
    min: 100,
    max: 1_000_000,
    description: 'Revoked task ids held in the memory of one gateway process; a worker itself holds 50,000.',
  }),
  STATE_STREAM_MAX_AGE_SECONDS: integer({
    default: 604_800,
    min: 3600,
    max: 315_360_000,
    description:
      'Retention of the streams that hold schedules and paused queues. What still holds is written again in time.',
  }),
  SCHEDULES_MAX: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Schedules that may exist.',
  }),
  SCHEDULE_LEASE_SECONDS: integer({
    default: 15,
    min: 6,
    max: 3600,
    description:
      'How long the replica that claimed a tick may take to submit its task before another one looks after it. Longer than PUBLISHER_DEADLINE_MS.',
  }),
} as const;
