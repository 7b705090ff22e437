import type { TaskMeta } from '../protocol';
import type { ResultReader, ResultStoreStatus, ResultWriter, WaitOptions } from './result-backend';
import { ResultWaiters } from './result-waiters';

export interface NullResultsOptions {
  /** Somebody else tells of ends ({@link ResultReader.letGo}): then waiting is not in vain. Default false. */
  readonly waits?: boolean | undefined;
}

/** `disabled://`: results are dropped and nothing is ever known. Mirrors celery/backends/base.py `DisabledBackend`. */
export class NullResults implements ResultReader, ResultWriter {
  readonly status: ResultStoreStatus = { ready: true, kind: 'none', detail: 'results are disabled' };
  readonly #waiters = new ResultWaiters();
  readonly #waits: boolean;

  constructor({ waits = false }: NullResultsOptions = {}) {
    this.#waits = waits;
  }

  async start(): Promise<void> {}
  async storeResult(): Promise<void> {}

  async stop(): Promise<void> {
    this.#waiters.release();
  }

  async getTaskMeta(): Promise<TaskMeta | null> {
    return null;
  }

  waitsFor(taskId: string): boolean {
    return this.#waiters.has(taskId);
  }

  letGo(taskId: string): void {
    this.#waiters.settle(taskId, null);
  }

  /** Nothing will ever arrive: unless told to wait it answers at once, instead of letting the caller wait in vain. */
  async waitForResult(taskId: string, options: WaitOptions): Promise<TaskMeta | null> {
    options.signal?.throwIfAborted();
    return this.#waits ? this.#waiters.wait(taskId, options) : null;
  }
}
