import type { Clock } from '../../runtime';
import type { TaskContext } from '../registry';
import type { Outcome } from './outcome';
import { outcomeOfError } from './outcome-of-error';
import type { RunningTask } from './run-context';

/**
 * Runs a task's code and hands its outcome to `conclude`, exactly once the code ended. It never throws. A handler that returns no promise is concluded in the same turn.
 */
export function execute(
  run: Pick<RunningTask, 'request' | 'definition'>,
  context: TaskContext,
  clock: Clock,
  conclude: (outcome: Outcome) => void,
): void {
  const startedAt = clock.monotonic();
  const succeed = (value: unknown): void =>
    conclude({ kind: 'SUCCESS', value, runtimeSeconds: (clock.monotonic() - startedAt) / 1000 });
  const fail = (error: unknown): void => conclude(outcomeOfError(error));

  let returned: unknown;
  try {
    returned = run.definition.invoke(context, run.request.args, run.request.kwargs);
  } catch (error) {
    fail(error);
    return;
  }
  if (isThenable(returned)) returned.then(succeed, fail);
  else succeed(returned);
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
