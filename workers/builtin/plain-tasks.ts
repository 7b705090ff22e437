import { PythonError } from '../../celery/protocol';
import { defineTask } from '../registry';

/** `celery.accumulate`: all its arguments, or the one at `index`; it ends the chord that takes a replaced task's place. */
export const accumulate = defineTask(
  'celery.accumulate',
  { params: ['*args', '**kwargs'] },
  (_context, bound) => {
    const { args, kwargs } = bound as { args: readonly unknown[]; kwargs: Readonly<Record<string, unknown>> };
    const { index } = kwargs;
    if (typeof index !== 'number') return args;
    const at = index < 0 ? args.length + index : index;
    if (!(at in args)) throw new PythonError('IndexError', 'builtins', ['tuple index out of range']);
    return args[at];
  },
);

/** `celery.backend_cleanup`, daily by beat: RabbitMQ and Redis let results expire by themselves. */
export const backendCleanup = defineTask('celery.backend_cleanup', { params: [] }, () => null);

/** `celery.chain` is known and runs nowhere: a chain is sent as its first task. */
export const chain = defineTask('celery.chain', { params: ['*args', '**kwargs'] }, () => {
  throw new PythonError('NotImplementedError', 'builtins', ['chain is not a real task']);
});
