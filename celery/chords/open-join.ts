import { PROPAGATE_STATES, type TaskMeta } from '../protocol';
import { type Join, tasksOf, valuesOf } from './join';

/** How a join ended: with what its next steps receive, or with the first task, in order, that failed. */
export type JoinOutcome =
  | { readonly kind: 'values'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly culprit: TaskMeta };

/** A join and which of its tasks have reported. */
export class OpenJoin {
  /** The task that reported last. */
  lastReported: string | undefined;
  readonly #missing: Set<string>;
  /** Task before an awaited one → the awaited ones. */
  readonly #before = new Map<string, string[]>();
  /** Awaited tasks that will not run → the task before that ended so. */
  readonly #hindered = new Map<string, string>();

  constructor(readonly join: Join) {
    const tasks = tasksOf(join.awaits);
    this.#missing = new Set(tasks.map(({ id }) => id));
    for (const { id, after } of tasks) {
      for (const earlier of after) this.#before.set(earlier, [...(this.#before.get(earlier) ?? []), id]);
    }
  }

  /** Ids whose ready states {@link note} wants to hear of. */
  get watched(): readonly string[] {
    return [...this.#missing, ...this.#before.keys()];
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  /** An awaited task that has not reported. */
  get firstMissing(): string | undefined {
    return this.#missing.values().next().value;
  }

  /** A ready state of a watched task. */
  note({ task_id: taskId, status }: Pick<TaskMeta, 'task_id' | 'status'>): void {
    if (this.#missing.delete(taskId)) this.lastReported = taskId;
    if (!PROPAGATE_STATES.has(status)) return;
    for (const later of this.#before.get(taskId) ?? []) {
      if (!this.#missing.delete(later)) continue;
      this.#hindered.set(later, taskId);
      this.lastReported = taskId;
    }
  }

  /** The tasks whose metas {@link outcome} needs. */
  get reporters(): readonly string[] {
    return tasksOf(this.join.awaits).map(({ id }) => this.#hindered.get(id) ?? id);
  }

  /** What Celery's join would give: the values in order, else the first failure in order. */
  outcome(metas: ReadonlyMap<string, TaskMeta>): JoinOutcome {
    const metaOf = (id: string): TaskMeta => metas.get(this.#hindered.get(id) ?? id) ?? lost(id);
    for (const { id } of tasksOf(this.join.awaits)) {
      const culprit = metaOf(id);
      if (!PROPAGATE_STATES.has(culprit.status)) continue;
      // As Celery names it: a failure is carried on to the chain's last task, and that one is awaited; a revoke is not.
      return {
        kind: 'failed',
        culprit: culprit.status === 'FAILURE' ? { ...culprit, task_id: id } : culprit,
      };
    }
    return { kind: 'values', value: valuesOf(this.join.awaits, (id) => metaOf(id).result) };
  }
}

/** Reported, and gone from wherever results are kept. */
const lost = (taskId: string): TaskMeta => failedMeta(taskId, 'its result is not kept any more');

/** The state of a task of which nothing more will be heard. */
export const failedMeta = (taskId: string, reason: string): TaskMeta => ({
  status: 'FAILURE',
  result: { exc_type: 'TimeoutError', exc_message: [reason], exc_module: 'celery.exceptions' },
  traceback: null,
  children: [],
  date_done: null,
  task_id: taskId,
});
