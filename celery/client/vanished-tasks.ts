import type { AmqpLogger, ConfirmPublisher } from '../../amqp';
import type { SubmissionRecords } from '../records';
import type { ResultReader } from '../results';
import type { VanishedQueue } from './queue-watch';

export interface VanishedTasksOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly records: Pick<SubmissionRecords, 'readMessages' | 'keys'>;
  readonly results: Pick<ResultReader, 'getTaskMeta'>;
  readonly logger: AmqpLogger;
}

/** Clocks of broker and gateway may differ, and the record's timestamps are those of whole chunks. */
const MARGIN_MS = 60_000;

/**
 * Submits again, under the same ids, what a vanished queue took along: the record has the full messages. Tasks that have
 * reported a state are left out. One that was consumed and has reported nothing yet may run twice: at least once is the
 * promise, as with any redelivery.
 * @returns the ids submitted again.
 */
export const resubmitVanished = async (
  { queue, taskIds, lastSeen }: VanishedQueue,
  { publisher, records, results, logger }: VanishedTasksOptions,
): Promise<readonly string[]> => {
  const unheard = new Set<string>();
  for (const taskId of taskIds) if ((await results.getTaskMeta(taskId)) === null) unheard.add(taskId);
  const messages = await records.readMessages(unheard, lastSeen - MARGIN_MS);
  const resubmitted: string[] = [];
  for (const { taskId, content, properties } of messages.values()) {
    try {
      await publisher.publish({
        exchange: '',
        routingKey: queue,
        content,
        properties,
        bcc: records.keys(),
        trustedHeaders: true,
      });
      resubmitted.push(taskId);
    } catch (error) {
      logger.error('a task lost with its queue could not be submitted again', { queue, taskId, error });
    }
  }
  logger.warn('tasks lost with their queue were submitted again', { queue, taskIds: resubmitted });
  return resubmitted;
};
