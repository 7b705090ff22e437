import { defineTask } from 'celery-gateway';

export const alarms: { readonly what: unknown; readonly priority: number | null; readonly queue: string }[] =
  [];

/** Sent to this queue with this priority unless the sender says otherwise. */
export const alarm = defineTask(
  'guide.alarm',
  { params: ['what'], queue: 'guide.priority', priority: 9 },
  ({ request }, { what }) => {
    alarms.push({ what, priority: request.priority, queue: request.deliveryInfo.routingKey });
  },
);

export const watch = defineTask('guide.watch', { params: [] }, async (context) => {
  await context.sendTask({ name: 'guide.alarm', args: ['smoke'] });
  await context.sendTask({ name: 'guide.alarm', args: ['a drill'], options: { priority: 1 } });
});
