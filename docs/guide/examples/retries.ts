import { defineTask } from 'celery-gateway';

/** Asks for another run: same id, and the caller goes on waiting. */
export const fetchPage = defineTask(
  'guide.fetch_page',
  { params: ['url'], maxRetries: 5 },
  async (context, { url }) => {
    const response = await fetch(String(url), { signal: context.signal });
    if (response.status === 503) {
      await context.retry({ countdownSeconds: Number(response.headers.get('retry-after') ?? 10) });
    }
    return response.text();
  },
);

class ServiceBusy extends Error {}

/** Errors of these classes are retried by themselves, after 1 s, 2 s, 4 s … at most a minute, each with jitter. */
export const charge = defineTask(
  'guide.charge',
  { params: ['url'], autoretryFor: [ServiceBusy], retryBackoff: true, retryBackoffMaxSeconds: 60 },
  async (context, { url }) => {
    const response = await fetch(String(url), { method: 'POST', signal: context.signal });
    if (!response.ok) throw new ServiceBusy(`answered ${response.status}`);
    return context.request.retries;
  },
);
