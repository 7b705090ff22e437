import { defineTask, SoftTimeLimitExceeded } from 'celery-gateway';

/** At the soft limit the signal aborts; at the hard one the task fails, whatever its code does. */
export const report = defineTask(
  'guide.report',
  { params: ['pages'], softTimeLimitSeconds: 60, timeLimitSeconds: 90 },
  async (context, { pages }) => {
    let done = 0;
    try {
      for (; done < Number(pages); done += 1) await context.sleep(20);
      return { done, complete: true };
    } catch (error) {
      if (error instanceof SoftTimeLimitExceeded) return { done, complete: false };
      throw error;
    }
  },
);

/** `signal` goes to whatever takes one: `fetch`, timers, streams. */
export const download = defineTask(
  'guide.download',
  { params: ['url'], softTimeLimitSeconds: 30 },
  async (context, { url }) => (await fetch(String(url), { signal: context.signal })).text(),
);
