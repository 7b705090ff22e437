import type { ResultReader, TaskChange, TaskHistoryReader } from '../../celery';
import { READY_STATES } from '../../celery/protocol';
import type { Clock } from '../../runtime';

/**
 * The last event of a task can overtake its result, which comes another way. For this long a finished task without a
 * result is still taken to be at work; after it, the result is taken to have been ignored or lost.
 */
export const RESULT_GRACE_MS = 5000;

/** Timers may fire a little early. */
const SURELY_OVER_MS = 20;

export interface UnheardEndsDeps {
  readonly history: Pick<TaskHistoryReader, 'get' | 'subscribe'>;
  readonly results: Pick<ResultReader, 'waitsFor' | 'letGo'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Default {@link RESULT_GRACE_MS}. */
  readonly graceMs?: number | undefined;
}

const isOver = (eventState: string | null | undefined): boolean =>
  eventState !== null && eventState !== undefined && (READY_STATES as ReadonlySet<string>).has(eventState);

/**
 * Who waits for a task whose result is ignored, or kept nowhere, is let go when its events say that it has ended: no result
 * will tell.
 */
export class UnheardEnds {
  private unsubscribe: (() => void) | undefined;
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly deps: UnheardEndsDeps) {}

  start(): void {
    this.unsubscribe ??= this.deps.history.subscribe({}, (change) => this.onChange(change));
  }

  stop(): void {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  /** To be called for each task that is about to be waited for: it may have ended a moment ago. */
  expect(taskId: string): void {
    const task = this.deps.history.get(taskId);
    if (task === undefined || !isOver(task.eventState)) return;
    this.releaseAfter(taskId, (task.doneAt ?? task.updatedAt) + this.graceMs - this.deps.clock.now());
  }

  private get graceMs(): number {
    return this.deps.graceMs ?? RESULT_GRACE_MS;
  }

  private onChange({ type, subject, task }: TaskChange): void {
    // With a result there is nothing to wait for.
    if (task === undefined || type === 'task-result' || !isOver(task.eventState)) return;
    if (this.deps.results.waitsFor(subject)) this.releaseAfter(subject, this.graceMs);
  }

  private releaseAfter(taskId: string, ms: number): void {
    if (this.timers.has(taskId)) return;
    const delay = Math.min(Math.max(ms, 0), this.graceMs) + SURELY_OVER_MS;
    const timer = setTimeout(() => {
      this.timers.delete(taskId);
      this.deps.results.letGo(taskId);
    }, delay);
    this.timers.set(taskId, timer.unref());
  }
}
