import { type CanvasResult, canvas, type ResultTuple } from '../protocol';
import { AsyncResult } from './async-result';
import { GroupResult, type TaskResult } from './group-result';
import { type ResultContext, unsupported } from './result-context';

/** Makes result objects: from an id, from what publishing a canvas returned, from a tuple, from a saved group. */
export class TaskResults {
  readonly #context: ResultContext;

  constructor(context: ResultContext) {
    this.#context = context;
  }

  asyncResult(taskId: string): AsyncResult {
    return this.#async(taskId, null);
  }

  from(result: CanvasResult): TaskResult {
    const parent = result.parent === null ? null : this.from(result.parent);
    if (result.results === null) return this.#async(result.id, parent);
    const members = result.results.map((member) => this.from(member));
    return new GroupResult(result.id, members, parent, this.#context);
  }

  /** Celery's `result_from_tuple`. */
  fromTuple(tuple: Parameters<typeof canvas.resultFromTuple>[0]): TaskResult {
    return this.from(canvas.resultFromTuple(tuple));
  }

  /**
   * A group saved by us or by Python (`GroupResult.restore`); null where there is none.
   * @throws TaskError `RESULT_UNSUPPORTED`; ConnectionError.
   */
  async restoreGroup(groupId: string): Promise<TaskResult | null> {
    const { groups } = this.#context;
    if (groups === undefined) throw unsupported('restoring a group');
    const tuple = await groups.restoreGroup(groupId);
    return tuple === null ? null : this.fromTuple(tuple);
  }

  #async(taskId: string, parent: TaskResult | null): AsyncResult {
    return new AsyncResult(taskId, parent, this.#context, (tuple: ResultTuple) => this.fromTuple(tuple));
  }
}
