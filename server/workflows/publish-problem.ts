import { QueueError } from '../../amqp';
import { TaskError } from '../../celery';

/** Nobody knows whether the broker has it: the caller repeats, and until then all stays as it is. */
export function isUnknown(error: unknown): boolean {
  return error instanceof QueueError && error.code === 'PUBLISH_UNKNOWN';
}

/** The Celery layer refused it before anything was sent. */
export function wasRefusedWhole(error: unknown): boolean {
  return error instanceof TaskError && error.code === 'CANVAS_UNSUPPORTED';
}

/** What the Celery layer says of a task, told of the place in the body where the task stands. */
export function inPlaceOf(error: unknown, places: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof TaskError) || error.code !== 'CANVAS_UNSUPPORTED') return error;
  const { taskId } = error.details;
  const pointer = typeof taskId === 'string' ? places.get(taskId) : undefined;
  const errors = [{ pointer: pointer ?? '', detail: error.message }];
  return new TaskError('CANVAS_UNSUPPORTED', error.message, {
    details: { ...error.details, errors },
    cause: error,
  });
}
