import type {
  FoundTasks,
  TaskArguments,
  TaskHistoryReader,
  TaskPage,
  TaskQuery,
  TaskRecord,
} from '../../celery';

export interface TaskListDeps {
  readonly history: Pick<TaskHistoryReader, 'search' | 'argumentsOf'>;
}

export interface ListedTasks extends Pick<TaskPage, 'next'>, Pick<FoundTasks, 'facets'> {
  readonly tasks: readonly (readonly [TaskRecord, TaskArguments | undefined])[];
}

/** Lists tasks out of the history. */
export class TaskList {
  constructor(private readonly deps: TaskListDeps) {}

  list(query: TaskQuery): ListedTasks {
    const { history } = this.deps;
    const { tasks, next, facets } = history.search(query);
    return { tasks: tasks.map((task) => [task, history.argumentsOf(task.taskId)] as const), next, facets };
  }
}
