import { validateTask } from '../../celery/protocol';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { Callbacks, SubmitChecks, Submitter, TraceHeaders } from '../tasks';
import { checkedTiming } from './checked-timing';
import type { Schedule, ScheduleBody, ScheduleProgress, ScheduleRun } from './schedule';
import type { Entry, ScheduleBook } from './schedule-book';
import { inSchedule } from './task-problems';
import { scheduledTask, type TickFiring } from './tick-firing';
import type { TimingBody } from './timing';

export interface ScheduleServiceDeps {
  readonly book: ScheduleBook;
  readonly firing: Pick<TickFiring, 'submit'>;
  readonly checks: Pick<SubmitChecks, 'check'>;
  readonly callbacks: Pick<Callbacks, 'seal'>;
  readonly replyTo: () => string;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: () => string;
  readonly maxSchedules: number;
}

/** A schedule and how it stands. */
export interface ScheduleStatus {
  readonly schedule: Schedule;
  readonly progress: ScheduleProgress | undefined;
  /** Epoch milliseconds; undefined: never again, or paused. */
  readonly nextAt: number | undefined;
}

/** What a change may ask of the state it is made on. */
export interface ChangeTerms {
  readonly by: Submitter;
  /** The ETag that the caller has seen. */
  readonly ifMatch?: string | undefined;
}

const ATTEMPTS = 10;
const RUNS_KEPT = 20;
const TIMES = ['cron', 'timezone', 'interval_seconds', 'starts_at', 'ends_at'] as const;

/** Identifies a state of a schedule for `If-Match`. */
export function etagOf({ uid, revision }: Schedule): string {
  return `"${uid}.${revision}"`;
}

/** Makes, changes and shows schedules. */
export class ScheduleService {
  constructor(private readonly deps: ScheduleServiceDeps) {}

  /** By id, from the one after `cursor` on. */
  list(
    limit: number,
    cursor: string | undefined,
  ): { readonly page: readonly ScheduleStatus[]; readonly more: boolean } {
    const after = [...this.deps.book.all()]
      .filter(({ id }) => cursor === undefined || id > cursor)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    return { page: after.slice(0, limit).map((each) => this.statusOf(each)), more: after.length > limit };
  }

  /** @throws GatewayError SCHEDULE_NOT_FOUND. */
  get(id: string): ScheduleStatus {
    return this.statusOf(this.found(id).value);
  }

  /** @throws GatewayError SCHEDULE_EXISTS, SCHEDULES_FULL, REQUEST_INVALID; and as a submission of its task would. */
  async create(id: string | undefined, body: ScheduleBody, by: Submitter): Promise<ScheduleStatus> {
    const { book, newId } = this.deps;
    const schedule = this.fresh(id ?? newId(), body, by);
    if (book.schedule(schedule.id) !== undefined || !(await this.putNew(schedule))) {
      throw new GatewayError('SCHEDULE_EXISTS', `The schedule ${schedule.id} exists.`);
    }
    return this.statusOf(schedule);
  }

  /** Replaces a schedule, or makes it. */
  async replace(
    id: string,
    body: ScheduleBody,
    terms: ChangeTerms,
  ): Promise<{ readonly status: ScheduleStatus; readonly created: boolean }> {
    if (this.deps.book.schedule(id) === undefined && terms.ifMatch === undefined) {
      return { status: await this.create(id, body, terms.by), created: true };
    }
    return { status: await this.change(id, () => body, terms), created: false };
  }

  /**
   * @param change from its present body to the new one.
   * @throws GatewayError SCHEDULE_NOT_FOUND, VERSION_MISMATCH, CONCURRENT_CHANGE.
   */
  async change(
    id: string,
    change: (body: ScheduleBody) => ScheduleBody,
    { by, ifMatch }: ChangeTerms,
  ): Promise<ScheduleStatus> {
    const { book, clock } = this.deps;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { value, version } = this.matching(id, ifMatch);
      const body = change(value.body);
      const now = clock.now();
      const next: Schedule = {
        ...value,
        body,
        revision: value.revision + 1,
        updatedAt: now,
        activeSince: beginsAnew(value.body, body) ? now : value.activeSince,
        callbackOwner: sameUrl(value.body, body) ? value.callbackOwner : (by?.id ?? null),
      };
      this.check(next, by);
      if (await book.putSchedule(next, version)) return this.statusOf(next);
    }
    throw changing(id);
  }

  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { version } = this.matching(id, ifMatch);
      if (await this.deps.book.removeSchedule(id, version)) return;
    }
    throw changing(id);
  }

  /** Submits its task at once, paused or not, beside its ticks. Resolves when the broker has the task. */
  async runNow(id: string, trace: TraceHeaders = {}): Promise<string> {
    const { book, firing, clock, newId } = this.deps;
    const schedule = this.found(id).value;
    const taskId = newId();
    await firing.submit(schedule, taskId, trace);
    const run = {
      tick: null,
      at: clock.now(),
      taskId,
      outcome: 'submitted',
      error: null,
      missed: 0,
    } as const;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { value, version } = book.progress(schedule);
      if (await book.putProgress(id, withRun(schedule, value, run), version)) break;
    }
    return taskId;
  }

  /** The moments it will be due, if it is not paused until then. */
  next(id: string, count: number): readonly number[] {
    const schedule = this.found(id).value;
    return checkedTiming(schedule.body, schedule.createdAt).upcoming(this.after(schedule), count);
  }

  /** The moments that a timing would be due from now on. */
  preview(body: TimingBody, count: number): readonly number[] {
    const now = this.deps.clock.now();
    return checkedTiming(body, now).upcoming(now, count);
  }

  private fresh(id: string, body: ScheduleBody, by: Submitter): Schedule {
    const now = this.deps.clock.now();
    const schedule: Schedule = {
      id,
      uid: this.deps.newId(),
      revision: 1,
      createdAt: now,
      updatedAt: now,
      createdBy: by?.id ?? null,
      callbackOwner: by?.id ?? null,
      activeSince: now,
      body,
    };
    this.check(schedule, by);
    return schedule;
  }

  private putNew(schedule: Schedule): Promise<boolean> {
    const { book, maxSchedules } = this.deps;
    if (book.size >= maxSchedules) {
      throw new GatewayError('SCHEDULES_FULL', `There are ${maxSchedules} schedules already.`);
    }
    return book.putSchedule(schedule, null);
  }

  /** What is wrong with a schedule is said when it is made, not when it is due. */
  private check(schedule: Schedule, by: Submitter): void {
    const { body, createdAt } = schedule;
    if (checkedTiming(body, createdAt).next(this.deps.clock.now()) === undefined && !body.paused) {
      const pointer = body.ends_at === undefined ? '/cron' : '/ends_at';
      throw inputError('REQUEST_INVALID', 'The schedule would never be due.', [
        { pointer, detail: 'leaves no moment in the future' },
      ]);
    }
    this.checkTask(schedule, by);
  }

  private checkTask(schedule: Schedule, by: Submitter): void {
    const {
      name,
      args = [],
      kwargs = {},
      options = {},
    } = scheduledTask(schedule, schedule.uid, this.deps.replyTo);
    try {
      this.deps.checks.check({ name, args, kwargs, options }, by);
      validateTask({ name, id: schedule.uid, args, kwargs }, options);
      const { callback_url: url } = schedule.body.task;
      if (url !== undefined) this.deps.callbacks.seal(url, '');
    } catch (error) {
      throw inSchedule(error);
    }
  }

  private found(id: string): Entry<Schedule> {
    const found = this.deps.book.schedule(id);
    if (found === undefined) throw new GatewayError('SCHEDULE_NOT_FOUND', `There is no schedule ${id}.`);
    return found;
  }

  private matching(id: string, ifMatch: string | undefined): Entry<Schedule> {
    const found = this.found(id);
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etagOf(found.value)) {
      throw new GatewayError('VERSION_MISMATCH', `The schedule ${id} was changed since it was read.`);
    }
    return found;
  }

  private statusOf(schedule: Schedule): ScheduleStatus {
    const { value: progress } = this.deps.book.progress(schedule);
    const nextAt = schedule.body.paused
      ? undefined
      : checkedTiming(schedule.body, schedule.createdAt).next(this.after(schedule));
    return { schedule, progress, nextAt };
  }

  private after(schedule: Schedule): number {
    return Math.max(this.deps.clock.now(), schedule.activeSince);
  }
}

function withRun(
  { uid, activeSince }: Schedule,
  progress: ScheduleProgress | undefined,
  run: ScheduleRun,
): ScheduleProgress {
  const known = progress ?? { uid, cursor: activeSince, claim: null, runs: [] };
  return { ...known, runs: [run, ...known.runs].slice(0, RUNS_KEPT) };
}

/** Other times, or the end of a pause: what would have been due before is nobody's. */
function beginsAnew(before: ScheduleBody, after: ScheduleBody): boolean {
  if (before.paused && !after.paused) return true;
  return TIMES.some((name) => before[name] !== after[name]);
}

const sameUrl = (before: ScheduleBody, after: ScheduleBody): boolean =>
  before.task.callback_url === after.task.callback_url;

function changing(id: string): GatewayError {
  return new GatewayError('CONCURRENT_CHANGE', `The schedule ${id} is being changed by others.`);
}
