import { defineTask } from 'celery-gateway';

export const closed: string[] = [];

/** `celery control revoke ID` before it starts: it never does. `terminate` while it runs: the signal aborts. */
export const stream = defineTask('guide.stream', { params: [] }, async (context) => {
  try {
    for (;;) await context.sleep(1000);
  } finally {
    closed.push(context.taskId);
  }
});
