import type { CeleryBackend } from 'celery-node/dist/backends';
import type { AmqpLogger, RabbitMQError } from '../../amqp';
import { encodeException, type TaskMeta } from '../protocol';
import type { ResultReader } from '../results';
import { BoundedIndex } from '../streams';

const MAX_FAILURES = 10_000;

/**
 * celery-node's `CeleryBackend` on our result store. Its `AsyncResult` never hears of a rejection (`status()` would hang for
 * ever), so `getTaskMeta` always resolves. Tasks that could not be sent are FAILURE here, with the error as result: a
 * fire-and-forget `delay()` has no other way to tell.
 */
export class ResultStoreBackend implements CeleryBackend {
  readonly #results: Pick<ResultReader, 'getTaskMeta'>;
  readonly #logger: AmqpLogger;
  readonly #failures = new BoundedIndex<string, TaskMeta>(MAX_FAILURES);

  constructor(results: Pick<ResultReader, 'getTaskMeta'>, logger: AmqpLogger) {
    this.#results = results;
    this.#logger = logger;
  }

  readonly isReady = async (): Promise<boolean> => true;
  /** The store belongs to the process, which stops it. */
  readonly disconnect = async (): Promise<void> => undefined;
  readonly storeResult = async (): Promise<never> => {
    throw new TypeError('a client stores no results');
  };

  readonly getTaskMeta = async (taskId: string): Promise<TaskMeta> => {
    const failed = this.#failures.get(taskId);
    if (failed !== undefined) return failed;
    try {
      return (await this.#results.getTaskMeta(taskId)) ?? pending(taskId);
    } catch (error) {
      this.#logger.warn('the result store did not answer', { taskId, error });
      return pending(taskId);
    }
  };

  /** Makes a failed send the task's outcome. */
  noteFailure(taskId: string, error: RabbitMQError): void {
    const result = { ...encodeException(error), code: error.code };
    this.#failures.set(taskId, { ...pending(taskId), status: 'FAILURE', result });
  }
}

/** What celery's own backends answer for an id they know nothing of. */
const pending = (taskId: string): TaskMeta => ({
  status: 'PENDING',
  result: null,
  traceback: null,
  children: [],
  date_done: null,
  task_id: taskId,
});
