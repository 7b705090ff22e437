import type { ControlReplies, SubmittedTask, TaskSubmission } from '../../celery';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { MessagingService, NamePolicy } from '../messaging';
import { isReady, type TaskStatus, taskStatus } from './task-state';

/** Names under which Celery runs its own machinery; a submission of these is an administrator's act. */
const CELERY_NAMESPACE = 'celery.';

export interface TaskServiceDeps {
  readonly messaging: Pick<
    MessagingService,
    'submitTask' | 'findTask' | 'awaitTask' | 'revokeTask' | 'activeTasks'
  >;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly maxWaiters: number;
}

export interface RevokeCommand {
  readonly taskId: string;
  readonly terminate: boolean;
  readonly signal: string;
}

/** Submits tasks, tells their state, revokes them. */
export class TaskService {
  private waiters = 0;

  constructor(private readonly deps: TaskServiceDeps) {}

  /**
   * Resolves when the broker has the task.
   * @param mayRunInternals whether the caller may submit tasks of Celery's own (`celery.*`).
   */
  submit(task: TaskSubmission, mayRunInternals: boolean): Promise<SubmittedTask> {
    if (!mayRunInternals && task.name.startsWith(CELERY_NAMESPACE)) {
      const errors = [{ pointer: '/task_name', detail: "belongs to Celery's own tasks" }];
      throw inputError('NAME_NOT_ALLOWED', 'The task may not be submitted with this key.', errors);
    }
    const { options } = task;
    if (options?.queue !== undefined) this.deps.names.checkQueue(options.queue, '/queue');
    if (options?.exchange !== undefined) this.deps.names.checkExchange(options.exchange, '/exchange');
    return this.deps.messaging.submitTask(task);
  }

  /**
   * The state of a task; with `waitMs`, of the finished task if it finishes in time.
   * @throws GatewayError TASK_NOT_FOUND.
   */
  async status(taskId: string, waitMs: number, signal: AbortSignal): Promise<TaskStatus> {
    const status = await this.lookUp(taskId);
    if (waitMs <= 0 || (status !== undefined && isReady(status.status))) return found(taskId, status);
    // A task unknown so far is waited for as well: another replica may have submitted it a moment ago.
    await this.wait(taskId, waitMs, signal);
    return found(taskId, await this.lookUp(taskId));
  }

  /** Which workers took the revoke. Nobody is an answer too: then it had no effect. */
  revoke(command: RevokeCommand): Promise<ControlReplies> {
    const { taskId, terminate, signal } = command;
    return this.deps.messaging.revokeTask(taskId, { terminate, signal });
  }

  /** What each worker runs at this moment. Nobody online is an answer: an empty list. */
  active(): Promise<ControlReplies> {
    return this.deps.messaging.activeTasks();
  }

  private async lookUp(taskId: string): Promise<TaskStatus | undefined> {
    return taskStatus(taskId, await this.deps.messaging.findTask(taskId), this.deps.clock.now());
  }

  private async wait(taskId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.waiters >= this.deps.maxWaiters || signal.aborted) return;
    this.waiters += 1;
    try {
      await this.deps.messaging.awaitTask(taskId, waitMs, signal);
    } finally {
      this.waiters -= 1;
    }
  }
}

function found(taskId: string, status: TaskStatus | undefined): TaskStatus {
  if (status === undefined) throw new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
  return status;
}
