import { defineTask } from '../index';
import { renderNotification } from './service-desk/notification';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `notifications.send`: fills a template and publishes it to the exchange `notifications` with key `notify.<type>`. */
export const sendNotification = defineTask(
  'notifications.send',
  { params: ['type', 'recipient', { name: 'values', default: null }], acksLate: true },
  async (context, { type, recipient, values }) => {
    if (typeof type !== 'string') throw new RangeError('type must be a string');
    if (typeof recipient !== 'string') throw new RangeError('recipient must be a string');
    const notification = renderNotification(type, recipient, isRecord(values) ? values : {});
    const routingKey = `notify.${type}`;
    await context.publish('notifications', routingKey, notification, {
      exchangeType: 'topic',
      messageId: context.taskId,
      type: routingKey,
    });
    return notification;
  },
);
