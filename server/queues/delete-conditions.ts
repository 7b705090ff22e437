import { QueueError, type Topology } from '../../amqp';
import { GatewayError } from '../errors';

/** What must hold for a queue to be deleted. */
export interface DeleteConditions {
  readonly ifEmpty: boolean;
  readonly ifUnused: boolean;
}

const NONE: DeleteConditions = { ifEmpty: false, ifUnused: false };

/**
 * The conditions the broker is to check. It does so only for classic queues, in one step with the delete: on the others it ends
 * the connection, or deletes all the same. So those of a quorum queue are checked here, as late as can be; what comes in between
 * goes along.
 * @throws QueueError PRECONDITION_FAILED. @throws GatewayError QUEUE_TYPE_UNSUPPORTED: of a stream RabbitMQ counts messages and
 * consumers every few seconds only, also for its management API, so a count of nothing shows nothing.
 */
export async function conditionsForBroker(
  topology: Pick<Topology, 'queueStatus' | 'queueArguments'>,
  queue: string,
  conditions: DeleteConditions,
): Promise<DeleteConditions> {
  if (!conditions.ifEmpty && !conditions.ifUnused) return NONE;
  // Exclusive ones do not answer; they are classic.
  const declared = await topology.queueArguments(queue).catch(() => null);
  const type = declared?.['x-queue-type'] ?? 'classic';
  if (type === 'classic') return conditions;
  if (type !== 'quorum')
    throw new GatewayError(
      'QUEUE_TYPE_UNSUPPORTED',
      `The queue ${queue} is a ${type}: RabbitMQ does not check if_empty and if_unused of it, and what it counts of it is seconds old. Delete it without conditions.`,
    );
  const { messageCount = 0, consumerCount = 0 } = (await topology.queueStatus(queue)) ?? {};
  if (conditions.ifEmpty && messageCount > 0)
    throw new QueueError('PRECONDITION_FAILED', `The queue ${queue} is not empty.`);
  if (conditions.ifUnused && consumerCount > 0)
    throw new QueueError('PRECONDITION_FAILED', `The queue ${queue} has consumers.`);
  return NONE;
}
