import { defineTask, PythonError } from 'celery-gateway';

/** Python's `.get()` raises `orders.errors.OutOfStock('chair', 3)`, or a class of that name where it is not installed. */
export const reserve = defineTask(
  'guide.reserve',
  { params: ['article', 'left'] },
  (_context, { article, left }) => {
    throw new PythonError('OutOfStock', 'orders.errors', [article, left]);
  },
);

/** JavaScript's own errors have their nearest builtin: RangeError is Python's ValueError. */
export const square = defineTask('guide.square', { params: ['x'] }, (_context, { x }) => {
  if (typeof x !== 'number') throw new RangeError('x is no number');
  return x * x;
});
