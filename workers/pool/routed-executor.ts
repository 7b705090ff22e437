import type { Executor, Outcome, TaskRun } from '../execution';

export interface RoutedExecutorDeps {
  readonly threads: Executor;
  readonly eventLoop: Executor;
  /** True for tasks that threads do not know: Celery's own, which work with connections. */
  readonly runsOnEventLoop: (task: string) => boolean;
}

/** Threads for the tasks of task authors, the event loop for Celery's own. */
export class RoutedExecutor implements Executor {
  constructor(private readonly deps: RoutedExecutorDeps) {}

  execute(run: TaskRun, begin: (run: TaskRun) => void, conclude: (outcome: Outcome) => void): void {
    this.of(run).execute(run, begin, conclude);
  }

  abandon(run: TaskRun): void {
    this.of(run).abandon(run);
  }

  private of(run: TaskRun): Executor {
    const { threads, eventLoop, runsOnEventLoop } = this.deps;
    return runsOnEventLoop(run.request.task) ? eventLoop : threads;
  }
}
