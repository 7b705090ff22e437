import { defineTask } from 'celery-gateway';

const paid = new Set<string>();

/**
 * The message is acknowledged after the result is stored. A worker that dies before that costs a second run instead of the
 * task, so the work must bear being repeated: here the payment's own number tells that it was done.
 */
export const pay = defineTask(
  'guide.pay',
  { params: ['payment'], acksLate: true },
  (_context, { payment }) => {
    const number = String(payment);
    if (paid.has(number)) return 'paid before';
    paid.add(number);
    return 'paid';
  },
);
