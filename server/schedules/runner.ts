import type { Clock, LifecyclePart, Logger } from '../../runtime';
import type { Schedule, ScheduleProgress, ScheduleRun, TickClaim } from './schedule';
import type { ScheduleBook } from './schedule-book';
import type { TickFiring } from './tick-firing';
import { planTick } from './tick-plan';
import { type Timing, timingOf } from './timing';

export interface ScheduleRunnerDeps {
  readonly book: ScheduleBook;
  readonly firing: Pick<TickFiring, 'fire'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
  /** Tells this process from the others. */
  readonly processId: string;
  /** How long a claim holds without an outcome, in milliseconds. */
  readonly leaseMs: number;
  /** Whether the record of submissions has been read to its end: before, nobody can look whether a task was submitted. */
  readonly recordRead: () => boolean;
}

/** Longest sleep: a schedule that was changed by another gateway is seen within it. */
const MOST_SLEEP_MS = 1000;
const LEAST_SLEEP_MS = 10;
/** Runs that are remembered of a schedule. */
const RUNS_KEPT = 20;
/** Attempts to write down what became of a tick. */
const SETTLE_ATTEMPTS = 5;

interface Known {
  readonly revision: number;
  readonly uid: string;
  readonly timing: Timing;
  /** Nothing is due before. */
  dueAt: number;
}

/**
 * Fires ticks. Each gateway does: whose claim comes first in the stream fires the tick, and all see whose that is. A claim
 * without an outcome runs out; then another one looks whether the task was submitted, and submits it if not.
 */
export class ScheduleRunner implements LifecyclePart {
  readonly name = 'schedules';
  private readonly known = new Map<string, Known>();
  private readonly underWay = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private running: boolean = false;

  constructor(private readonly deps: ScheduleRunnerDeps) {}

  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.sleep(LEAST_SLEEP_MS);
  }

  /** Ticks being fired are waited for. */
  async stop(): Promise<void> {
    this.running = false;
    clearTimeout(this.timer);
    await Promise.all(this.underWay.values());
  }

  /** Deals with all that is due now. Resolves when it is dealt with; called by the runner's own timer. */
  async round(): Promise<void> {
    const { book } = this.deps;
    if (!book.usable) return;
    for (const schedule of book.all()) this.consider(schedule);
    await Promise.all(this.underWay.values());
  }

  /** Something was written about the schedule: what was said of when it is due next may not hold any more. */
  touch(id: string): void {
    const known = this.known.get(id);
    if (known !== undefined) known.dueAt = Number.NEGATIVE_INFINITY;
  }

  private sleep(ms: number): void {
    if (!this.running) return;
    this.timer = setTimeout(() => {
      // Not awaited: a slow submission must not hold up other schedules.
      void this.round();
      this.sleep(this.untilDue());
    }, ms);
  }

  private untilDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.known.values()) earliest = Math.min(earliest, dueAt);
    return Math.min(Math.max(earliest - this.deps.clock.now(), LEAST_SLEEP_MS), MOST_SLEEP_MS);
  }

  private consider(schedule: Schedule): void {
    const { id } = schedule;
    if (schedule.body.paused || this.underWay.has(id)) return;
    const known = this.knownOf(schedule);
    if (known === undefined || this.deps.clock.now() < known.dueAt) return;
    const work = this.handle(schedule, known)
      .catch((error: unknown) => {
        this.deps.logger.warn('a tick of a schedule was not fired yet', { schedule: id, error });
      })
      .finally(() => this.underWay.delete(id));
    this.underWay.set(id, work);
  }

  private knownOf(schedule: Schedule): Known | undefined {
    const { id, uid, revision } = schedule;
    const known = this.known.get(id);
    if (known?.uid === uid && known.revision === revision) return known;
    try {
      const timing = timingOf(schedule.body, schedule.createdAt);
      const fresh: Known = { uid, revision, timing, dueAt: Number.NEGATIVE_INFINITY };
      this.known.set(id, fresh);
      return fresh;
    } catch (error) {
      this.deps.logger.debug('a schedule cannot be read', { schedule: id, error });
      return undefined;
    }
  }

  private async handle(schedule: Schedule, known: Known): Promise<void> {
    const { book, leaseMs, clock, processId } = this.deps;
    const { value: progress, version } = book.progress(schedule);
    const now = clock.now();
    const open = progress?.claim ?? undefined;
    if (open !== undefined) {
      const leftMs = leaseMs - book.silentMs(schedule.id);
      if (leftMs > 0 || !this.deps.recordRead()) {
        known.dueAt = now + Math.max(leftMs, MOST_SLEEP_MS);
        return;
      }
      await this.claimAndFire(
        schedule,
        { ...open, by: processId, attempt: open.attempt + 1 },
        progress,
        version,
      );
      return;
    }
    const plan = planTick(schedule, progress, known.timing, now);
    if (plan.kind === 'wait') {
      const after = Math.max(progress?.cursor ?? schedule.activeSince, schedule.activeSince, now);
      known.dueAt = known.timing.next(after) ?? Number.POSITIVE_INFINITY;
    } else if (plan.kind === 'pass') {
      await book.putProgress(schedule.id, { ...this.from(schedule, progress), cursor: plan.cursor }, version);
    } else {
      const { tick, missed } = plan;
      await this.claimAndFire(schedule, { tick, missed, by: processId, attempt: 1 }, progress, version);
    }
  }

  private async claimAndFire(
    schedule: Schedule,
    claim: TickClaim,
    progress: ScheduleProgress | undefined,
    version: number | null,
  ): Promise<void> {
    const { book, firing, clock, leaseMs } = this.deps;
    const claimedAt = clock.monotonic();
    const claimed = { ...this.from(schedule, progress), claim };
    if (!(await book.putProgress(schedule.id, claimed, version))) return;
    // The schedule may be gone or paused by now, and the claim too old to leave time for a submission.
    const current = book.schedule(schedule.id)?.value;
    if (current?.uid !== schedule.uid || clock.monotonic() - claimedAt > leaseMs / 2) return;
    const run = await firing.fire(current, claim, progress);
    if (run !== undefined) await this.settle(current, claim, run);
  }

  private async settle(schedule: Schedule, claim: TickClaim, run: ScheduleRun): Promise<void> {
    const { book, logger } = this.deps;
    for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt += 1) {
      const { value: progress, version } = book.progress(schedule);
      // Somebody else has settled it, or took it over and will.
      if (progress?.claim?.tick !== claim.tick || progress.claim.by !== claim.by) return;
      const runs = [run, ...progress.runs].slice(0, RUNS_KEPT);
      if (
        await book.putProgress(schedule.id, { ...progress, cursor: claim.tick, claim: null, runs }, version)
      ) {
        logger.info('a schedule was fired', { schedule: schedule.id, ...run });
        return;
      }
    }
  }

  private from({ uid, activeSince }: Schedule, progress: ScheduleProgress | undefined): ScheduleProgress {
    return progress ?? { uid, cursor: activeSince, claim: null, runs: [] };
  }
}
