import { defineTask } from 'celery-gateway';

/** What was told, for the test of this example. */
export const told: string[] = [];

/** Sent like any task, with the id of the failed one; from and to any language. */
export const alert = defineTask('guide.alert', { params: ['task_id'] }, (_context, { task_id }) => {
  told.push(`failed: ${task_id}`);
});

/** Called at once by the worker in which the task failed, with all there is to know. */
export const explain = defineTask(
  'guide.explain',
  { params: ['request', 'error', 'traceback'], errbackStyle: 'inline' },
  (_context, { request, error }) => {
    told.push(`${(request as { readonly id: string }).id}: ${error}`);
  },
);

export const divide = defineTask('guide.divide', { params: ['x', 'y'] }, (_context, { x, y }) => {
  if (y === 0) throw new RangeError('nothing to divide by');
  return Number(x) / Number(y);
});
