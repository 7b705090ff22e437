import type { EventDispatcher } from '../../celery/events';
import { formatIsoTime } from '../../celery/protocol';
import type { Outcome } from './outcome';
import { outcomeEvent } from './outcome-event';
import type { SettleStep } from './settle-plan';
import type { TaskRun } from './task-run';

/** Sends the events of tasks, where somebody wants them. Nothing is built while the group is off. */
export class TaskEvents {
  constructor(private readonly dispatcher: Pick<EventDispatcher, 'enabled' | 'send'>) {}

  received(run: TaskRun): void {
    if (!this.wanted(run)) return;
    const { request } = run;
    this.dispatcher.send('task-received', {
      uuid: request.id,
      name: request.shadow ?? request.task,
      args: request.argsrepr,
      kwargs: request.kwargsrepr,
      root_id: request.rootId,
      parent_id: request.parentId,
      retries: request.retries,
      eta: request.eta === null ? null : formatIsoTime(request.eta),
      expires: request.expires === null ? null : formatIsoTime(request.expires),
    });
  }

  started(run: TaskRun): void {
    if (this.wanted(run)) this.dispatcher.send('task-started', { uuid: run.id });
  }

  outcome(run: TaskRun, outcome: Outcome, step: SettleStep): void {
    if (!this.wanted(run)) return;
    if (step !== 'event') {
      this.dispatcher.send('task-rejected', { uuid: run.id, requeue: step === 'event-requeued' });
      return;
    }
    const event = outcomeEvent(outcome, run.request.hidden);
    if (event !== null) this.dispatcher.send(event.type, { uuid: run.id, ...event.fields });
  }

  /** The worker ends before the task does; its message goes to another one. */
  cancelled(run: TaskRun): void {
    if (this.wanted(run)) this.dispatcher.send('task-cancelled', { uuid: run.id });
  }

  /** A message whose task this worker does not know; there is no run to speak of. */
  unknown(taskId: string, task: string): void {
    if (!this.dispatcher.enabled('task')) return;
    this.dispatcher.send('task-failed', { uuid: taskId, exception: `NotRegistered('${task}')` });
  }

  private wanted(run: TaskRun): boolean {
    return run.sendsEvents && this.dispatcher.enabled('task');
  }
}
