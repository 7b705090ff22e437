import { GatewayError } from '../errors';
import type { MessagingHealth, MessagingService, PartHealth, TaskKnowledge } from '../messaging';

/** Redis counts as read: what it holds is asked for with each look. */
const isRead = (part: PartHealth | undefined): boolean =>
  part === undefined || part.ready || part.kind === 'redis';

const isAllRead = ({ results, submissions, events }: MessagingHealth): boolean =>
  [results, submissions, events].every(isRead);

/**
 * Looks for a task and finds nothing only where that is certain: a gateway that has not reached the broker yet, or still
 * reads its streams, does not know that there is no such task.
 *
 * @throws GatewayError NOT_READY.
 */
export function findForCertain(
  messaging: Pick<MessagingService, 'findTask' | 'health'>,
): MessagingService['findTask'] {
  return async (taskId, whole): Promise<TaskKnowledge> => {
    const known = await messaging.findTask(taskId, whole);
    if (known.meta !== null || known.task !== undefined || isAllRead(messaging.health())) return known;
    throw new GatewayError(
      'NOT_READY',
      'Nothing is known of the task, but not all that is kept has been read yet.',
      {
        retryable: true,
      },
    );
  };
}
