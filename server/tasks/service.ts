import type { ControlReplies, SubmissionEntry, TaskSubmission } from '../../celery';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { MessagingService, TaskKnowledge } from '../messaging';
import type { Permissions } from '../security/permissions';
import type { Dedup, DedupedTask, Deduplication } from './deduplication';
import { ownActive } from './own-active';
import type { SubmitChecks, Submitter } from './submit-checks';
import { isReady, type TaskStatus, taskStatus } from './task-state';
import type { WaitLimit } from './wait-limit';

/** Where the end of a task is to be told. */
export interface Callbacks {
  /** The same for what is no task, as text to be kept with it. @throws as {@link headersFor}. */
  seal(url: string, owner: string): string;
  /**
   * The headers that carry it with the task.
   * @param owner whose secret signs it: the id of the API key; empty where none was needed.
   * @throws GatewayError REQUEST_INVALID for a URL that must not be asked, CALLBACKS_DISABLED.
   */
  headersFor(url: string, owner: string): Readonly<Record<string, string>>;
}

export interface TaskServiceDeps {
  readonly messaging: Pick<MessagingService, 'submitTask' | 'findTask' | 'awaitTask' | 'activeTasks'>;
  readonly checks: Pick<SubmitChecks, 'check' | 'owned'>;
  readonly permissions: Pick<Permissions, 'maySeeTask'>;
  readonly deduplication: Pick<Deduplication, 'submit'>;
  readonly callbacks: Pick<Callbacks, 'headersFor'>;
  /** What the submission record has of a task. */
  readonly recorded: (taskId: string) => SubmissionEntry | undefined;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly waiters: Pick<WaitLimit, 'during'>;
}

/** What a submission may ask for beyond the task itself. */
export interface SubmitExtras {
  readonly dedup?: Dedup | undefined;
  /** The request may be a repetition that has the same ids: a task that is on record was sent before. */
  readonly repeatable?: boolean | undefined;
  /** Told when the task has ended. */
  readonly callbackUrl?: string | undefined;
}

/** A task that RabbitMQ has confirmed. */
export interface AcceptedTask {
  readonly taskId: string;
  /** Present and true: it is the task of an earlier submission. */
  readonly deduplicated?: boolean;
}

/** Submits tasks and tells their state. */
export class TaskService {
  constructor(private readonly deps: TaskServiceDeps) {}

  /**
   * Resolves when the broker has the task.
   * @throws GatewayError NAME_NOT_ALLOWED, ARGUMENTS_INVALID; TaskError and QueueError as messaging says.
   */
  submit(task: TaskSubmission, submitter: Submitter, extras?: SubmitExtras): Promise<AcceptedTask> {
    this.deps.checks.check(task, submitter);
    const owned = this.deps.checks.owned(task, submitter);
    return extras === undefined
      ? this.deps.messaging.submitTask(owned)
      : this.submitOnce(this.calledBack(owned, submitter, extras), submitter, extras);
  }

  /** What {@link submit} would refuse before anything is sent; for callers that check many tasks before the first is. */
  check(task: TaskSubmission, submitter: Submitter, extras?: SubmitExtras): void {
    this.deps.checks.check(task, submitter);
    this.calledBack(task, submitter, extras);
  }

  /**
   * The state of a task; with `waitMs`, of the finished task if it finishes in time.
   * @throws GatewayError TASK_NOT_FOUND.
   */
  async status(taskId: string, waitMs: number, signal: AbortSignal, caller?: Submitter): Promise<TaskStatus> {
    const status = await this.lookUp(taskId);
    if (waitMs <= 0 || (status !== undefined && isReady(status.status))) return found(taskId, status);
    // A task unknown so far is waited for as well: another replica may have submitted it a moment ago.
    const ended = await this.wait(taskId, waitMs, signal, caller?.id ?? '');
    return found(taskId, ended === null ? await this.lookUp(taskId) : this.statusOf(taskId, ended));
  }

  /** What each worker runs at this moment, as far as the caller may know. Nobody online is an answer: an empty list. */
  async active(caller: Submitter): Promise<ControlReplies> {
    return ownActive(await this.deps.messaging.activeTasks(), caller, this.deps.permissions);
  }

  private calledBack(task: TaskSubmission, submitter: Submitter, extras?: SubmitExtras): TaskSubmission {
    if (extras?.callbackUrl === undefined) return task;
    const headers = this.deps.callbacks.headersFor(extras.callbackUrl, submitter?.id ?? '');
    return { ...task, options: { ...task.options, headers: { ...task.options?.headers, ...headers } } };
  }

  private async submitOnce(
    task: TaskSubmission,
    submitter: Submitter,
    { dedup, repeatable }: SubmitExtras,
  ): Promise<AcceptedTask> {
    const taskId = task.options?.taskId;
    // Its gateway died, or never learnt of the confirm: the record, written by the same publish, knows better.
    if (repeatable === true && taskId !== undefined && this.deps.recorded(taskId) !== undefined)
      return { taskId };
    if (dedup === undefined) return this.deps.messaging.submitTask(task);
    const deduped: DedupedTask = await this.deps.deduplication.submit(task, dedup, submitter?.id ?? '');
    return deduped;
  }

  private async lookUp(taskId: string): Promise<TaskStatus | undefined> {
    return this.statusOf(taskId, await this.deps.messaging.findTask(taskId, true));
  }

  private statusOf(taskId: string, known: TaskKnowledge): TaskStatus | undefined {
    return taskStatus(taskId, known, this.deps.clock.now());
  }

  /** @returns null where it has not ended meanwhile, or ended without a result. */
  private async wait(
    taskId: string,
    waitMs: number,
    signal: AbortSignal,
    caller: string,
  ): Promise<TaskKnowledge | null> {
    if (signal.aborted) return null;
    const { messaging, waiters } = this.deps;
    return waiters.during(caller, () => messaging.awaitTask(taskId, waitMs, signal));
  }
}

function found(taskId: string, status: TaskStatus | undefined): TaskStatus {
  if (status === undefined) throw new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
  return status;
}
