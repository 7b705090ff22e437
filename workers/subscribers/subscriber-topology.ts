import type { Topology } from '../../amqp';
import type { SubscriberDefinition } from './subscriber-definition';

/** The queue in which messages wait so long for their next run. All of one wait: none blocks another that is due. */
export const retryQueueOf = (queue: string, delayMs: number): string => `${queue}.retry.${delayMs}`;

export type SubscriberBroker = Pick<Topology, 'ensureExchange' | 'ensureQueue' | 'bindQueue'>;

/**
 * Declares all a subscriber needs, each passively first: what is there is used as it is. The places messages are moved to come
 * before the queue they are moved from. Throws RabbitMQError.
 */
export async function declareSubscriber(
  topology: SubscriberBroker,
  subscriber: SubscriberDefinition,
): Promise<void> {
  const { queue, exchange, routingKeys, bindingArguments, deadLetters } = subscriber;
  await declareDeadLetters(topology, subscriber);
  for (const delayMs of new Set(subscriber.retryDelaysMs)) await declareRetryQueue(topology, queue, delayMs);
  const towardsDeadLetters = {
    'x-dead-letter-exchange': deadLetters.exchange,
    'x-dead-letter-routing-key': deadLetters.routingKey,
  };
  await topology.ensureQueue({
    name: queue,
    arguments: { ...towardsDeadLetters, ...subscriber.queueArguments },
  });
  if (exchange === undefined) return;
  await topology.ensureExchange(exchange);
  for (const routingKey of routingKeys) {
    await topology.bindQueue({
      queue,
      exchange: exchange.name,
      routingKey,
      ...(bindingArguments === undefined ? {} : { arguments: bindingArguments }),
    });
  }
}

async function declareDeadLetters(
  topology: SubscriberBroker,
  { deadLetters }: SubscriberDefinition,
): Promise<void> {
  const { exchange, routingKey, queue } = deadLetters;
  await topology.ensureExchange({ name: exchange, type: 'direct' });
  // An exchange of the caller's own leads where they bound it.
  if (queue === undefined) return;
  await topology.ensureQueue({ name: queue });
  await topology.bindQueue({ queue, exchange, routingKey });
}

/** A classic queue hands its expired messages on without confirms, and may lose some when the broker dies; this one keeps each until it arrived. */
async function declareRetryQueue(topology: SubscriberBroker, queue: string, delayMs: number): Promise<void> {
  await topology.ensureQueue({
    name: retryQueueOf(queue, delayMs),
    arguments: {
      'x-queue-type': 'quorum',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
      'x-message-ttl': delayMs,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': queue,
    },
  });
}
