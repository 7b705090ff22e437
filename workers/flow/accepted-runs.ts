import type { TaskRequest } from '../../celery/protocol';
import type { TaskRun } from '../execution';

/** Enough to name who blocked the event loop. */
const REMEMBERED_ENDS = 8;

/** Runs that a slot accepted, until they are settled, and the count of those that ended. */
export class AcceptedRuns {
  /** Tasks accepted, by name. */
  readonly totals = new Map<string, number>();
  private readonly unsettled = new Map<string, TaskRun>();
  private readonly lastEnded: string[] = [];
  private endedCount = 0;

  /** Not yet ended. */
  get active(): readonly TaskRun[] {
    return [...this.unsettled.values()].filter((run) => run.phase === 'active');
  }

  /** How many have ended. */
  get processed(): number {
    return this.endedCount;
  }

  /** Ids of the last ones that ended since `processed` was this; a few at most. */
  endedSince(processed: number): readonly string[] {
    const count = Math.min(this.endedCount - processed, REMEMBERED_ENDS);
    return Array.from(
      { length: count },
      (_, back) => this.lastEnded[(this.endedCount - back) % REMEMBERED_ENDS] ?? '',
    );
  }

  /** The unsettled run of the same message, if there is one. */
  same(request: TaskRequest): TaskRun | undefined {
    const run = this.unsettled.get(request.id);
    return run?.request.retries === request.retries ? run : undefined;
  }

  accept(run: TaskRun): void {
    const { task } = run.request;
    this.totals.set(task, (this.totals.get(task) ?? 0) + 1);
    this.unsettled.set(run.id, run);
  }

  end(run: TaskRun): void {
    this.endedCount += 1;
    this.lastEnded[this.endedCount % REMEMBERED_ENDS] = run.id;
  }

  settle(run: TaskRun): void {
    if (this.unsettled.get(run.id) === run) this.unsettled.delete(run.id);
  }
}
