import { RabbitMQError } from '../../amqp';
import type { TaskSubmission } from '../../celery';
import type { Clock, Logger } from '../../runtime';
import { GatewayError } from '../errors';
import type { MessagingService } from '../messaging';
import { type Callbacks, isReady, submissionOf, type TraceHeaders, taskStatus, traced } from '../tasks';
import type { Schedule, ScheduleProgress, ScheduleRun, TickClaim } from './schedule';
import { tickTaskId } from './tick-task-id';

export interface TickFiringDeps {
  readonly messaging: Pick<MessagingService, 'submitTask' | 'findTask'>;
  readonly callbacks: Pick<Callbacks, 'headersFor'>;
  readonly replyTo: () => string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Header by which a task tells which schedule submitted it. */
const SCHEDULE_HEADER = 'gateway_schedule';

/** Submits the task of a schedule. */
export class TickFiring {
  constructor(private readonly deps: TickFiringDeps) {}

  /**
   * Fires a claimed tick.
   * @returns what became of it; undefined when nobody knows yet: whoever claims it next looks whether the task is there.
   */
  async fire(
    schedule: Schedule,
    claim: TickClaim,
    progress: ScheduleProgress | undefined,
  ): Promise<ScheduleRun | undefined> {
    const taskId = tickTaskId(schedule.uid, claim.tick);
    const run = { tick: claim.tick, missed: claim.missed, error: null };
    if (schedule.body.overlap === 'skip' && (await this.previousRuns(progress))) {
      return { ...run, at: this.deps.clock.now(), taskId: null, outcome: 'skipped_overlap' };
    }
    try {
      // Whoever had the claim before may have submitted it: the record, written by the same publish, tells.
      if (claim.attempt === 1 || !(await this.isKnown(taskId))) await this.submit(schedule, taskId);
      return { ...run, at: this.deps.clock.now(), taskId, outcome: 'submitted' };
    } catch (error) {
      if (!(error instanceof RabbitMQError) || error.retryable || error.code === 'PUBLISH_UNKNOWN')
        throw error;
      return { ...run, at: this.deps.clock.now(), taskId: null, outcome: 'failed', error: error.code };
    }
  }

  /** Resolves when the broker has the task. */
  async submit(schedule: Schedule, taskId: string, trace: TraceHeaders = {}): Promise<void> {
    const task = this.calledBack(schedule, scheduledTask(schedule, taskId, this.deps.replyTo));
    await this.deps.messaging.submitTask(traced(task, trace));
  }

  /** What was allowed when the schedule was made may not be any more: the task is worth more than the word of its end. */
  private calledBack({ id, body, callbackOwner }: Schedule, task: TaskSubmission): TaskSubmission {
    const { callback_url: url } = body.task;
    if (url === undefined) return task;
    try {
      const headers = this.deps.callbacks.headersFor(url, callbackOwner ?? '');
      return { ...task, options: { ...task.options, headers: { ...task.options?.headers, ...headers } } };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.deps.logger.warn('the end of a scheduled task will not be told', { schedule: id, error });
      return task;
    }
  }

  private async isKnown(taskId: string): Promise<boolean> {
    const { meta, task } = await this.deps.messaging.findTask(taskId);
    return meta !== null || task !== undefined;
  }

  private async previousRuns(progress: ScheduleProgress | undefined): Promise<boolean> {
    const last = progress?.runs.find(({ outcome, tick }) => outcome === 'submitted' && tick !== null)?.taskId;
    if (last === undefined || last === null) return false;
    const known = await this.deps.messaging.findTask(last);
    const status = taskStatus(last, known, this.deps.clock.now());
    return status !== undefined && !isReady(status.status);
  }
}

/** The task of a schedule, marked with it. */
export function scheduledTask({ id, body }: Schedule, taskId: string, replyTo: () => string): TaskSubmission {
  const task = submissionOf({ ...body.task, task_id: taskId }, replyTo);
  const headers = { ...task.options?.headers, [SCHEDULE_HEADER]: id };
  return { ...task, options: { ...task.options, headers } };
}
