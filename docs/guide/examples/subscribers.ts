import { defineSubscriber, Reject } from 'celery-gateway';

interface Order {
  readonly id: string;
  readonly total: number;
}

/** What was billed, for whoever reads along. */
export const billed = new Map<string, number>();

/** Plain messages, from any program: no Celery task, no result. Acknowledged when the handler ends. */
export const billing = defineSubscriber(
  {
    exchange: 'orders',
    routingKey: ['order.created', 'order.changed'],
    queue: 'billing',
    concurrency: 4,
    retryDelaysSeconds: [0.2, 0.5],
  },
  async (context, payload) => {
    const order = payload as Order;
    // No retry helps: to the dead letters at once. Any other error leads to the next retry.
    if (order.total < 0) throw new Reject('a bill needs a total');
    if (order.total === 0) throw new Error('the price list does not answer');
    billed.set(order.id, order.total);
    await context.publish('bills', 'bill.made', { id: order.id }, { exchangeType: 'topic' });
  },
);
