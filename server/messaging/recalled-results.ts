import { BoundedIndex, type ResultReader, type TaskHistoryReader } from '../../celery';
import type { TaskMeta } from '../../celery/protocol';
import type { Logger } from '../../runtime';

export interface RecalledResultsDeps {
  readonly results: Pick<ResultReader, 'recall'>;
  readonly history: Pick<TaskHistoryReader, 'get'>;
  readonly logger: Pick<Logger, 'debug'>;
}

/** Read results kept for those who ask again: each may be large. */
const KEPT = 20;

/** Results that had to leave memory for others, read from where the history knows them to be. */
export class RecalledResults {
  /** Also those being read: ten callers read once. */
  private readonly kept = new BoundedIndex<string, Promise<TaskMeta | null>>(KEPT);

  constructor(private readonly deps: RecalledResultsDeps) {}

  /** @returns null where there is none, it was forgotten, or it cannot be read now. */
  async of(taskId: string): Promise<TaskMeta | null> {
    const task = this.deps.history.get(taskId);
    const offset = task?.resultOffset ?? null;
    if (task === undefined || task.forgotten || offset === null) return null;
    // A later result is elsewhere.
    const key = `${taskId} ${offset}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const read = this.read(taskId, offset);
    this.kept.set(key, read);
    const meta = await read;
    if (meta === null) this.kept.delete(key);
    return meta;
  }

  private async read(taskId: string, offset: number): Promise<TaskMeta | null> {
    try {
      return (await this.deps.results.recall?.(taskId, offset)) ?? null;
    } catch (error) {
      this.deps.logger.debug('a result was not read again', { taskId, error });
      return null;
    }
  }
}
