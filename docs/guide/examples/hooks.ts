import { defineTask } from 'celery-gateway';

/** Told after the result is stored, before the message is acknowledged; what they throw is logged and changes nothing. */
export const invoice = defineTask(
  'guide.invoice',
  {
    params: ['amount'],
    async onSuccess(context, value) {
      await context.sendTask({ name: 'guide.log', args: [`written: ${value}`] });
    },
    async onFailure(context, error) {
      await context.sendTask({ name: 'guide.log', args: [`failed: ${error}`] });
    },
  },
  (_context, { amount }) => {
    if (Number(amount) <= 0) throw new RangeError('nothing to pay');
    return `invoice over ${amount}`;
  },
);

export const lines: unknown[] = [];

export const log = defineTask('guide.log', { params: ['line'] }, (_context, { line }) => {
  lines.push(line);
});
