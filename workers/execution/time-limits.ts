import { SoftTimeLimitExceeded, timeLimitExceeded } from './celery-errors';
import type { Outcome } from './outcome';
import type { TaskRun } from './task-run';

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Arms the limits of a run that has any: the message's own, else the task's (celery/worker/request.py
 * `execute_using_pool`). Soft: the signal aborts and the task may clean up. Hard: the run is concluded and its slot is
 * free; the executor ends the code where that can be done, and elsewhere its outcome is ignored.
 */
export function armTimeLimits(run: TaskRun, endEarly: (run: TaskRun, outcome: Outcome) => void): void {
  const { request, definition } = run;
  const soft = request.softTimeLimitSeconds || definition.settings.softTimeLimitSeconds;
  const hard = request.timeLimitSeconds || definition.settings.timeLimitSeconds;
  if (soft) run.softTimer = after(soft, () => run.abort(new SoftTimeLimitExceeded()));
  if (hard) {
    run.hardTimer = after(hard, () => {
      const error = timeLimitExceeded(hard);
      run.abort(error);
      endEarly(run, { kind: 'FAILURE', error, timedOut: true });
    });
  }
}

const after = (seconds: number, callback: () => void): NodeJS.Timeout =>
  setTimeout(callback, Math.min(seconds * 1000, MAX_TIMER_MS));
