import type { TimeField } from './task-filter';
import type { TaskRecord } from './task-record';

/** What a list can be sorted by. */
export type SortField = TimeField | 'name' | 'state' | 'runtimeSeconds' | 'waitSeconds';

export interface TaskSort {
  readonly field: SortField;
  readonly descending: boolean;
}

/** Where a page ends: its last task's sort value and id, so that the next one begins behind it whatever came in between. */
export interface PageEnd {
  readonly value: number | string;
  readonly taskId: string;
}

export interface TaskPage {
  readonly tasks: readonly TaskRecord[];
  /** Undefined on the last page. */
  readonly next: PageEnd | undefined;
}

interface Keyed extends PageEnd {
  readonly task: TaskRecord;
}

/** Each by its own access: one by a changing name takes several times as long. */
const FIELDS: Readonly<Record<SortField, (task: TaskRecord) => number | string | null>> = {
  queuedAt: (task) => task.queuedAt,
  receivedAt: (task) => task.receivedAt,
  startedAt: (task) => task.startedAt,
  doneAt: (task) => task.doneAt,
  updatedAt: (task) => task.updatedAt,
  name: (task) => task.name ?? '',
  state: (task) => task.state,
  runtimeSeconds: (task) => task.runtimeSeconds,
  waitSeconds: (task) => task.waitSeconds,
};

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The tasks of one page: the first `limit` behind `after` in the given order. Keeps no more than two pages of those offered. */
export class PageSelector {
  readonly #valueOf: (task: TaskRecord) => number | string | null;
  readonly #sign: number;
  readonly #limit: number;
  readonly #after: PageEnd | undefined;
  #kept: Keyed[] = [];
  /** Nothing behind it is on the page. */
  #worst: Keyed | undefined;

  constructor({ field, descending }: TaskSort, limit: number, after?: PageEnd) {
    this.#valueOf = FIELDS[field];
    this.#sign = descending ? -1 : 1;
    this.#limit = limit;
    this.#after = after;
  }

  offer(task: TaskRecord): void {
    const value = this.#valueOf(task) ?? Number.NEGATIVE_INFINITY;
    const { taskId } = task;
    if (this.#worst !== undefined && this.#place(value, taskId, this.#worst) > 0) return;
    if (this.#after !== undefined && this.#place(value, taskId, this.#after) <= 0) return;
    this.#kept.push({ value, taskId, task });
    // Twice a page is gathered before it is sorted and cut: cheaper than finding each task's place.
    if (this.#kept.length < (this.#limit + 1) * 2) return;
    this.#kept = this.#sorted().slice(0, this.#limit + 1);
    this.#worst = this.#kept.at(-1);
  }

  result(): TaskPage {
    const page = this.#sorted().slice(0, this.#limit);
    const last = page.at(-1);
    const more = this.#kept.length > this.#limit && last !== undefined;
    return {
      tasks: page.map(({ task }) => task),
      next: more ? { value: last.value, taskId: last.taskId } : undefined,
    };
  }

  #sorted(): Keyed[] {
    return this.#kept.sort((a, b) => this.#place(a.value, a.taskId, b));
  }

  /** Ids decide between equals, always upwards. */
  #place(value: number | string, taskId: string, than: PageEnd): number {
    return this.#sign * compare(value, than.value) || compare(taskId, than.taskId);
  }
}
