import type { TaskFailure } from '../tasks';
import { tasksOf } from './graph';
import { hindrance, type WorkflowProgress } from './progress';
import { firstError } from './workflow-state';
import type { Workflow } from './workflow-store';

/** The end of a workflow somebody asked to be told of. */
export interface WorkflowEnd {
  readonly id: string;
  readonly status: string;
  readonly error: TaskFailure | null;
  readonly retries: number;
  readonly createdAt: number;
  readonly canceledAt: number | null;
  /** Where it is to be told, sealed. */
  readonly callback: string;
}

export interface WorkflowEndsDeps {
  readonly progress: Pick<WorkflowProgress, 'of'>;
}

interface Followed {
  readonly workflow: Workflow & { readonly callback: string };
  readonly taskIds: readonly string[];
  /** A task without whose end it does not end: until then nothing is looked up. */
  waitsFor: string | undefined;
}

/** Tells which workflows have ended, of those that name a URL to be told at. */
export class WorkflowEnds {
  readonly #followed = new Map<string, Followed>();
  readonly #byTask = new Map<string, Followed>();

  constructor(private readonly deps: WorkflowEndsDeps) {}

  /** A workflow was submitted, changed or forgotten, by whichever gateway. */
  onChange(id: string, workflow: Workflow | undefined): void {
    for (const taskId of this.#followed.get(id)?.taskIds ?? []) this.#byTask.delete(taskId);
    this.#followed.delete(id);
    const callback = workflow?.callback;
    if (workflow === undefined || typeof callback !== 'string') return;
    const taskIds = tasksOf(workflow.graph).map(({ taskId }) => taskId);
    const followed: Followed = { workflow: { ...workflow, callback }, taskIds, waitsFor: undefined };
    this.#followed.set(id, followed);
    for (const taskId of taskIds) this.#byTask.set(taskId, followed);
  }

  /** Workflows that are over now that these tasks have ended. The same one may be told again. */
  async of(endedTasks: ReadonlySet<string>): Promise<readonly WorkflowEnd[]> {
    const touched = new Set<Followed>();
    for (const taskId of endedTasks) {
      const followed = this.#byTask.get(taskId);
      if (followed !== undefined) touched.add(followed);
    }
    const ends: WorkflowEnd[] = [];
    for (const followed of touched) {
      if (followed.waitsFor !== undefined && !endedTasks.has(followed.waitsFor)) continue;
      const end = await this.#endOf(followed);
      if (end !== undefined) ends.push(end);
    }
    return ends;
  }

  async #endOf(followed: Followed): Promise<WorkflowEnd | undefined> {
    const { id, graph, retries, createdAt, canceledAt, callback } = followed.workflow;
    const state = await this.deps.progress.of(graph);
    followed.waitsFor = state.done ? undefined : hindrance(state);
    if (!state.done) return undefined;
    return { id, status: state.status, error: firstError(state), retries, createdAt, canceledAt, callback };
  }
}
