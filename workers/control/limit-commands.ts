import type { ControlCommand } from '../../celery/control';
import { exceptionRepr, PythonError } from '../../celery/protocol';
import { tasksPerSecond } from '../registry';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import type { WorkerView } from './worker-view';

const UNKNOWN_TASK = { error: 'unknown task' };

/** `rate_limit` and `time_limit`: both change a task in this worker until it ends (celery/worker/control.py). */
export const limitCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => ({
  ...boundCommand('rate_limit', ['task_name', 'rate_limit', ANY_OTHER], ({ task_name, rate_limit }) =>
    changeRate(worker, task_name, rate_limit),
  ),
  ...boundCommand(
    'time_limit',
    [optional('task_name'), optional('hard'), optional('soft'), ANY_OTHER],
    ({ task_name, hard, soft }) => {
      const settings = {
        timeLimitSeconds: seconds('hard', hard),
        softTimeLimitSeconds: seconds('soft', soft),
      };
      if (!worker.changeTask(String(task_name), settings)) return UNKNOWN_TASK;
      return { ok: 'time limits set successfully' };
    },
  ),
});

function changeRate(worker: WorkerView, task: unknown, limit: unknown): object {
  try {
    tasksPerSecond(limit);
  } catch (error) {
    if (!(error instanceof PythonError && error.excType === 'ValueError')) throw error;
    return { error: `Invalid rate limit string: ${exceptionRepr(error)}` };
  }
  if (!worker.changeTask(String(task), { rateLimit: limit as string | number })) return UNKNOWN_TASK;
  // By Python's truth: the text '0', which the command line sends, is a new limit that limits nothing.
  return { ok: !limit ? 'rate limit disabled successfully' : 'new rate limit set successfully' };
}

/** 0 stands for no limit of its own, as null does. */
function seconds(name: string, value: unknown): number {
  if (value === null) return 0;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new TypeError(`${name} must be a number of seconds`);
  }
  return value;
}
