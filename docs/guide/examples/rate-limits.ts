import { defineTask } from 'celery-gateway';

/** At most five starts per second in each worker; `celery control rate_limit guide.lookup 1/s` changes it. */
export const lookup = defineTask(
  'guide.lookup',
  { params: ['name'], rateLimit: '5/s' },
  (_context, { name }) => ({
    name,
    at: Date.now(),
  }),
);
