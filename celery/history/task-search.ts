import type { BoundedIndex } from '../streams';
import type { HeldTask } from './held-task';
import type { TaskCounts } from './task-counts';
import { type Facet, type FacetCount, FacetCounter } from './task-facets';
import { compileChoices, compileFilter, hasOnlyChoices, type TaskFilter } from './task-filter';
import { type PageEnd, PageSelector, type TaskPage, type TaskSort } from './task-page';
import type { TaskRecord } from './task-record';

/** What a list is asked for. */
export interface TaskQuery {
  readonly filter: TaskFilter;
  /** Further narrows what the caller may see. */
  readonly visible?: ((task: TaskRecord) => boolean) | undefined;
  readonly sort: TaskSort;
  readonly limit: number;
  readonly after?: PageEnd | undefined;
  /** Also counts all matching tasks by these. */
  readonly facets?: readonly Facet[] | undefined;
}

export interface FoundTasks extends TaskPage {
  /** Undefined where no facets were asked for. */
  readonly facets:
    | { readonly total: number; readonly counts: Partial<Record<Facet, readonly FacetCount[]>> }
    | undefined;
}

/** Finds a page and counts in one pass over the tasks; counts that do not depend on single tasks are read off. */
export const searchTasks = (
  tasks: Pick<BoundedIndex<string, HeldTask>, 'forEach'>,
  counts: TaskCounts,
  { filter, visible, sort, limit, after, facets }: TaskQuery,
): FoundTasks => {
  const counter = facets === undefined ? undefined : new FacetCounter(facets);
  const kept = counter !== undefined && visible === undefined && hasOnlyChoices(filter);
  if (kept) countCells(counts, filter, counter);
  const counting = kept ? undefined : counter;
  const matches = compileFilter(filter);
  const page = new PageSelector(sort, limit, after);
  const visit = (task: HeldTask): void => {
    if (!matches(task)) return;
    if (visible !== undefined && !visible(task)) return;
    counting?.count(task, 1);
    page.offer(task);
  };
  // From the end that is likely to be on the page: what comes later is then seldom kept.
  tasks.forEach(visit, sort.descending);
  return {
    ...page.result(),
    facets: counter === undefined ? undefined : { total: counter.total, counts: counter.result() },
  };
};

const countCells = (counts: TaskCounts, filter: TaskFilter, counter: FacetCounter): void => {
  const matches = compileChoices(filter);
  counts.forEach((cell) => {
    if (matches(cell)) counter.count(cell, cell.count);
  });
};
