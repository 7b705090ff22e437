import { encodeException, formatIsoTime, type TaskMeta } from '../../celery/protocol';
import type { ResultReader, ResultWriter } from '../../celery/results';
import type { Clock, Logger } from '../../runtime';
import { taskRevoked } from './celery-errors';

/** Celery leaves what has a result, or was started by somebody, as it is (celery/worker/control.py `_revoke`). */
const MAY_BE_MARKED: ReadonlySet<string> = new Set(['PENDING', 'RECEIVED', 'RETRY', 'REJECTED']);

export interface RevokedMarksDeps {
  /** A backend that can be asked; absent with rpc, where the caller alone has the results. */
  readonly results: (Pick<ResultReader, 'getTaskMeta'> & Pick<ResultWriter, 'storeResult'>) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Stores REVOKED as soon as a task is revoked: whoever waits for it hears now, not when a worker meets the message. */
export class RevokedMarks {
  constructor(private readonly deps: RevokedMarksDeps) {}

  /** Never rejects: the revoke itself is in force already. */
  async mark(ids: Iterable<string>): Promise<void> {
    const { results, logger } = this.deps;
    if (results === undefined) return;
    for (const id of ids) {
      try {
        const stored = await results.getTaskMeta(id);
        if (stored !== null && !MAY_BE_MARKED.has(stored.status)) continue;
        await results.storeResult({ id, correlationId: id, replyTo: null }, this.revoked(id));
      } catch (error) {
        logger.warn('a revoked task was not marked in the result backend', { taskId: id, error });
      }
    }
  }

  private revoked(id: string): TaskMeta {
    return {
      status: 'REVOKED',
      result: encodeException(taskRevoked('revoked')),
      traceback: null,
      children: [],
      date_done: formatIsoTime(this.deps.clock.now()),
      task_id: id,
    };
  }
}
