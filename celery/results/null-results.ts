import type { TaskMeta } from '../protocol';
import type { ResultReader, ResultStoreStatus, ResultWriter, WaitOptions } from './result-backend';

/** `disabled://`: results are dropped and nothing is ever known. Mirrors celery/backends/base.py `DisabledBackend`. */
export class NullResults implements ResultReader, ResultWriter {
  readonly status: ResultStoreStatus = { ready: true, kind: 'none', detail: 'results are disabled' };

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async storeResult(): Promise<void> {}

  async getTaskMeta(): Promise<TaskMeta | null> {
    return null;
  }

  /** Nothing will ever arrive, so it answers at once instead of letting the caller wait in vain. */
  async waitForResult(_taskId: string, options: WaitOptions): Promise<TaskMeta | null> {
    options.signal?.throwIfAborted();
    return null;
  }
}
