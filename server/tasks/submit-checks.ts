import { TaskError, type TaskSubmission } from '../../celery';
import { canvas, type Signature, type TaskOptions, validateTask } from '../../celery/protocol';
import { CALLBACK_HEADER } from '../../celery/records';
import { type InputProblem, inputError } from '../errors';
import type { RequestLocals } from '../http/request-context';
import type { NamePolicy } from '../messaging';
import { bodyPointer } from './body-pointer';

/** Who submits; undefined where nobody had to say so. */
export type Submitter = RequestLocals['principal'];

/** One task that is about to be sent: the submitted one, or one of its callbacks. */
export interface TaskToSend {
  readonly task: string;
  readonly queue?: string | undefined;
  readonly exchange?: string | undefined;
  /** Where the caller chose it. */
  readonly taskId?: string | undefined;
  /** Where it stands in the request; empty for the top. */
  readonly pointer?: string | undefined;
}

/** Whether a caller may send a task, by its name and where to. */
export interface SubmitPermissions {
  /** @throws GatewayError NAME_NOT_ALLOWED. */
  check(submitter: Submitter, sent: TaskToSend): void;
  /** Headers that mark the task as the caller's; undefined for none. */
  tenantHeaders(submitter: Submitter): Readonly<Record<string, string>> | undefined;
}

/** Arguments by the schema of their task, where it has one. */
export interface ArgumentCheck {
  /** @throws GatewayError ARGUMENTS_INVALID with pointers into `/args` and `/kwargs`. */
  check(task: string, args: readonly unknown[] | undefined, kwargs: object | undefined): void;
}

export interface SubmitChecksDeps {
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly permissions?: SubmitPermissions | undefined;
  readonly schemas?: ArgumentCheck | undefined;
}

/** Names under which Celery runs its own machinery; a submission of these is an administrator's act. */
const CELERY_NAMESPACE = 'celery.';

/** Everything that is looked at before a task is sent, but for what its message can carry. */
export class SubmitChecks {
  constructor(private readonly deps: SubmitChecksDeps) {}

  /** @throws GatewayError NAME_NOT_ALLOWED, ARGUMENTS_INVALID; TaskError TASK_INVALID for a callback. */
  check(task: TaskSubmission, submitter: Submitter): void {
    const { options } = task;
    this.checkNames(task.name, options, submitter, '');
    checkHeaders(options, '');
    this.deps.schemas?.check(task.name, task.args, task.kwargs);
    if (options?.link !== undefined) this.checkCallbacks(options.link, '/link', submitter);
    if (options?.linkError !== undefined) this.checkCallbacks(options.linkError, '/link_error', submitter);
  }

  /**
   * The same for a task that is part of something larger and may be given a result before its own arguments.
   * @param at where it stands in the request. @throws as {@link check}, pointing there.
   */
  checkSignature(sig: Signature, at: string, submitter: Submitter): void {
    const options = canvas.taskOptionsOf(sig.options);
    this.checkNames(sig.task, options, submitter, at);
    checkHeaders(options, at);
    pointedFrom(at, () => {
      validateTask({ name: sig.task, args: sig.args, kwargs: sig.kwargs }, options);
      // Of one that is given a result only what it says itself is known.
      if (sig.immutable) this.deps.schemas?.check(sig.task, sig.args, sig.kwargs);
    });
    if (options.link !== undefined) this.checkCallbacks(options.link, `${at}/link`, submitter);
    if (options.linkError !== undefined)
      this.checkCallbacks(options.linkError, `${at}/link_error`, submitter);
  }

  /** The task as the caller's: with the headers of its tenant, where it has one. */
  owned(task: TaskSubmission, submitter: Submitter): TaskSubmission {
    const headers = this.deps.permissions?.tenantHeaders(submitter);
    if (headers === undefined) return task;
    return { ...task, options: { ...task.options, headers: { ...task.options?.headers, ...headers } } };
  }

  /** Arguments alone, by the schema of their task. @throws GatewayError ARGUMENTS_INVALID. */
  checkArguments(name: string, args: readonly unknown[], kwargs: object): void {
    this.deps.schemas?.check(name, args, kwargs);
  }

  /** Whether the caller may send a task of this name there. @throws GatewayError NAME_NOT_ALLOWED. */
  checkNames(name: string, options: TaskOptions | undefined, submitter: Submitter, at: string): void {
    if (name.startsWith(CELERY_NAMESPACE) && submitter?.role !== 'admin') {
      throw inputError('NAME_NOT_ALLOWED', 'The task may not be submitted with this key.', [
        { pointer: `${at}/task_name`, detail: "belongs to Celery's own tasks" },
      ]);
    }
    if (options?.queue !== undefined) this.deps.names.checkQueue(options.queue, `${at}/queue`);
    if (options?.exchange !== undefined) this.deps.names.checkExchange(options.exchange, `${at}/exchange`);
    this.deps.permissions?.check(submitter, {
      task: name,
      queue: options?.queue,
      exchange: options?.exchange,
      taskId: options?.taskId,
      pointer: at,
    });
  }

  private checkCallbacks(callbacks: readonly Signature[], at: string, submitter: Submitter): void {
    for (const [index, sig] of callbacks.entries()) this.checkSignature(sig, `${at}/${index}`, submitter);
  }
}

/** A sealed address seen elsewhere would have the gateway tell somebody of tasks that are not theirs. */
function checkHeaders(options: TaskOptions | undefined, at: string): void {
  if (options?.headers?.[CALLBACK_HEADER] === undefined) return;
  throw inputError('REQUEST_INVALID', 'The request does not match its schema.', [
    { pointer: `${at}/headers/${CALLBACK_HEADER}`, detail: 'is set by the gateway; give callback_url' },
  ]);
}

/** Problems of a part, told as problems of the whole. */
function pointedFrom(at: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const errors = error instanceof Error && 'details' in error ? detailErrors(error.details) : undefined;
    if (errors === undefined) throw error;
    const moved = errors.map(({ pointer, detail }) => ({ pointer: at + bodyPointer(pointer), detail }));
    if (!(error instanceof TaskError)) {
      throw inputError('ARGUMENTS_INVALID', 'The arguments do not match the schema of the task.', moved);
    }
    throw new TaskError('TASK_INVALID', error.message, { details: { errors: moved }, cause: error });
  }
}

function detailErrors(details: unknown): readonly InputProblem[] | undefined {
  const errors =
    typeof details === 'object' && details !== null && 'errors' in details ? details.errors : undefined;
  return Array.isArray(errors) ? (errors as readonly InputProblem[]) : undefined;
}
