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

const sortValue = (task: TaskRecord, field: SortField): number | string => {
  const value = task[field];
  if (value !== null) return value;
  return field === 'name' ? '' : Number.NEGATIVE_INFINITY;
};

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The tasks of one page: the first `limit` behind `after` in the given order. Looks at each task once and keeps no more than
 * two pages of them.
 * @param tasks those without news for longest first: read from the end that is likely to be on the page.
 */
export const selectPage = (
  tasks: readonly TaskRecord[],
  { field, descending }: TaskSort,
  limit: number,
  after?: PageEnd,
): TaskPage => {
  const sign = descending ? -1 : 1;
  // Ids decide between equals, always upwards.
  const place = (value: number | string, taskId: string, than: PageEnd): number =>
    sign * compare(value, than.value) || compare(taskId, than.taskId);
  const order = (a: Keyed, b: Keyed): number => place(a.value, a.taskId, b);
  // Twice a page is gathered before it is sorted and cut: cheaper than finding each task's place.
  const room = (limit + 1) * 2;
  let kept: Keyed[] = [];
  let worst: Keyed | undefined;
  for (let at = 0; at < tasks.length; at += 1) {
    const task = tasks[descending ? tasks.length - 1 - at : at] as TaskRecord;
    const value = sortValue(task, field);
    const { taskId } = task;
    if (worst !== undefined && place(value, taskId, worst) > 0) continue;
    if (after !== undefined && place(value, taskId, after) <= 0) continue;
    kept.push({ value, taskId, task });
    if (kept.length < room) continue;
    kept = kept.sort(order).slice(0, limit + 1);
    worst = kept.at(-1);
  }
  const page = kept.sort(order).slice(0, limit);
  const last = page.at(-1);
  const more = kept.length > limit && last !== undefined;
  return {
    tasks: page.map(({ task }) => task),
    next: more ? { value: last.value, taskId: last.taskId } : undefined,
  };
};
