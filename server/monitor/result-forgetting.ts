import type { ConfirmPublisher } from '../../amqp';
import {
  forgetMark,
  type RedisResults,
  type ResultReader,
  type SubmissionRecords,
  type TaskHistory,
} from '../../celery';
import { GatewayError } from '../errors';

export interface ResultForgettingDeps {
  readonly reader: Pick<ResultReader, 'getTaskMeta' | 'status'> & Partial<Pick<RedisResults, 'forget'>>;
  /** The log results are read from. */
  readonly replyTo: () => string;
  readonly records: Pick<SubmissionRecords, 'streamName' | 'recording'> | undefined;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly history: Pick<TaskHistory, 'get' | 'onForgotten'>;
}

/** Has results deleted, here and on every replica. */
export class ResultForgetting {
  constructor(private readonly deps: ResultForgettingDeps) {}

  /**
   * Resolves when the result is gone, or its log says that it is. Repeating does no harm.
   * @throws GatewayError TASK_NOT_FOUND.
   */
  async forget(taskId: string): Promise<void> {
    const { reader, history } = this.deps;
    if (history.get(taskId) === undefined && (await reader.getTaskMeta(taskId)) === null) {
      throw new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
    }
    // Through the reader: it is an object with a state of its own.
    await reader.forget?.(taskId);
    const log = this.log();
    if (log !== undefined) {
      await this.deps.publisher.publish({ exchange: '', routingKey: log, ...forgetMark(taskId) });
    }
    history.onForgotten(taskId);
  }

  /** Where the mark goes: the results' own log; with a database the submissions', for what histories hold of results. */
  private log(): string | undefined {
    const { reader, records, replyTo } = this.deps;
    const { kind } = reader.status;
    if (kind === 'stream' || kind === 'queue') return replyTo();
    return records?.recording === true ? records.streamName : undefined;
  }
}
