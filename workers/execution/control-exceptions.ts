import type { TaskSubmission } from '../../celery/client';
import { type Canvas, shareAcrossCopies } from '../../celery/protocol';

/** Base of the errors that steer what happens to a task instead of failing it; mirrors celery/exceptions.py. */
export abstract class TaskPredicate extends Error {}

/**
 * The task will run again; thrown by `context.retry()`. Nothing has been sent yet: the message goes out when the
 * worker settles this run, so a handler that swallows the error has no retry.
 */
export class Retry extends TaskPredicate {
  static {
    shareAcrossCopies(Retry, 'Retry');
  }

  override readonly name = 'Retry';

  constructor(
    /** `Retry in 5s: ValueError('x')`, as Python words it. */
    message: string,
    /** The next run's message. */
    readonly submission: TaskSubmission,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Throw it to hand the message back (`requeue`) or to the dead-letter exchange; works with `acksLate` only. */
export class Reject extends TaskPredicate {
  static {
    shareAcrossCopies(Reject, 'Reject');
  }

  override readonly name = 'Reject';
  readonly requeue: boolean;

  constructor(
    readonly reason: string,
    options: { readonly requeue?: boolean; readonly cause?: unknown } = {},
  ) {
    super(reason, { cause: options.cause });
    this.requeue = options.requeue ?? false;
  }
}

/** Throw it to end the task without storing a state. */
export class Ignore extends TaskPredicate {
  static {
    shareAcrossCopies(Ignore, 'Ignore');
  }

  override readonly name = 'Ignore';
}

/**
 * Another canvas runs in the task's place; thrown by `context.replace()`. Nothing has been sent yet: it goes out when the
 * worker settles this run, so a handler that swallows the error is not replaced.
 */
export class Replaced extends TaskPredicate {
  static {
    shareAcrossCopies(Replaced, 'Replaced');
  }

  override readonly name = 'Replaced';

  constructor(readonly replacement: Canvas) {
    super('Replaced by new task');
  }
}
