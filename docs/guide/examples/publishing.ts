import { defineTask } from 'celery-gateway';

/** A plain message, for consumers that are no Celery workers. Confirmed by RabbitMQ before the task goes on. */
export const announce = defineTask('guide.announce', { params: ['sale'] }, async (context, { sale }) => {
  await context.publish('guide.sales', 'sale.started', { sale }, { exchangeType: 'topic', mandatory: true });
  return 'announced';
});
