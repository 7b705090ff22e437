import { messageView, type ReadMessage } from '../queue-contents';
import type { DeadLetterCount } from './dead-letter-queues';
import type { Retries, Setup } from './setup-service';

export function setupView(setup: Setup): object {
  return {
    queue_name: setup.queue,
    dead_letter_queue: setup.deadLetterQueue,
    exchange: setup.exchange,
    routing_key: setup.routingKey,
    by: setup.by,
    policy_name: setup.policyName,
    retries: setup.retries === null ? null : retriesView(setup.retries),
    notes: setup.notes,
  };
}

const retriesView = ({ exchange, delaysMs, queues }: Retries): object => ({
  exchange,
  delays_seconds: delaysMs.map((delayMs) => delayMs / 1000),
  queue_names: queues,
});

export function countsView(counts: readonly DeadLetterCount[]): object {
  return {
    items: counts.map(({ queueName, messageCount, consumerCount }) => ({
      queue_name: queueName,
      message_count: messageCount,
      consumer_count: consumerCount,
    })),
  };
}

export function letterListView(queue: string, letters: readonly ReadMessage[]): object {
  return { queue_name: queue, items: letters.map(messageView) };
}
