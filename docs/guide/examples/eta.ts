import { defineTask } from 'celery-gateway';

export const remind = defineTask('guide.remind', { params: ['user'] }, async (context, { user }) => {
  const options = {
    // Or `eta`, a moment.
    countdownSeconds: 0.5,
    // What could not start within the hour is dropped as REVOKED.
    expires: 3600,
  };
  const { taskId } = await context.sendTask({ name: 'guide.mail', args: [user], options });
  return taskId;
});

export const mailed = new Map<string, number>();

export const mail = defineTask('guide.mail', { params: ['user'] }, (context, { user }) => {
  mailed.set(context.taskId, Date.now() - (context.request.eta ?? Date.now()));
  return `mail to ${user}`;
});
