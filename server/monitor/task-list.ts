import {
  type Facet,
  type FacetCount,
  FacetCounter,
  type PageEnd,
  selectPage,
  type TaskArguments,
  type TaskFilter,
  type TaskHistoryReader,
  type TaskPage,
  type TaskRecord,
  type TaskSort,
} from '../../celery';

export interface TaskListDeps {
  readonly history: Pick<TaskHistoryReader, 'select' | 'argumentsOf'>;
}

export interface ListCommand {
  readonly filter: TaskFilter;
  /** Further narrows what the caller may see. */
  readonly visible: ((task: TaskRecord) => boolean) | undefined;
  readonly sort: TaskSort;
  readonly limit: number;
  readonly after: PageEnd | undefined;
  readonly facets: readonly Facet[] | undefined;
}

export interface ListedTasks extends Pick<TaskPage, 'next'> {
  readonly tasks: readonly (readonly [TaskRecord, TaskArguments | undefined])[];
  readonly facets:
    | { readonly total: number; readonly counts: Readonly<Record<string, readonly FacetCount[]>> }
    | undefined;
}

/** Lists tasks out of the history. */
export class TaskList {
  constructor(private readonly deps: TaskListDeps) {}

  list({ filter, visible, sort, limit, after, facets }: ListCommand): ListedTasks {
    const { history } = this.deps;
    const all = history.select(filter);
    const found = visible === undefined ? all : all.filter(visible);
    const { tasks, next } = selectPage(found, sort, limit, after);
    return {
      tasks: tasks.map((task) => [task, history.argumentsOf(task.taskId)] as const),
      next,
      facets: facets === undefined ? undefined : counted(found, facets),
    };
  }
}

function counted(tasks: readonly TaskRecord[], facets: readonly Facet[]): NonNullable<ListedTasks['facets']> {
  const counter = new FacetCounter(facets);
  for (const task of tasks) counter.count(task);
  return { total: counter.total, counts: counter.result() };
}
