import {
  EXCEPTION_STATES,
  PROPAGATE_STATES,
  READY_STATES,
  type ResultTuple,
  type TaskMeta,
  TaskState,
} from '../protocol';
import type { TaskResult } from './group-result';
import { RemoteError } from './remote-error';
import {
  type GetOptions,
  type ResultContext,
  type RevokeResultOptions,
  resultTimeout,
  unsupported,
} from './result-context';

/** The result of one task, stored or to come (celery/result.py `AsyncResult`). */
export class AsyncResult {
  readonly results = null;
  readonly #context: ResultContext;
  readonly #childOf: (tuple: ResultTuple) => TaskResult;

  /** @param childOf makes the results of {@link children}. Callers use `TaskResults`. */
  constructor(
    readonly id: string,
    readonly parent: TaskResult | null,
    context: ResultContext,
    childOf: (tuple: ResultTuple) => TaskResult,
  ) {
    this.#context = context;
    this.#childOf = childOf;
  }

  /** PENDING also stands for "never heard of it". */
  async state(): Promise<string> {
    return (await this.#meta())?.status ?? TaskState.PENDING;
  }

  /** The return value, the error of a failed task, or what a running one last said of itself; null while nothing is known. */
  async result(): Promise<unknown> {
    const meta = await this.#meta();
    return meta === null ? null : contentOf(meta);
  }

  async traceback(): Promise<string | null> {
    return (await this.#meta())?.traceback ?? null;
  }

  /** Results of what the task started while it ran. */
  async children(): Promise<readonly TaskResult[]> {
    const children = (await this.#meta())?.children ?? [];
    return children.map((tuple) => this.#childOf(tuple as ResultTuple));
  }

  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === TaskState.SUCCESS;
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === TaskState.FAILURE;
  }

  /**
   * Waits for the task to end, without polling; a failed task before it in its chain ends the wait too.
   * @throws RemoteError what the task, or one before it, failed with, unless `propagate` is false; TaskError `RESULT_TIMEOUT`; the
   * signal's reason.
   */
  async get({ timeoutMs, propagate = true, signal }: GetOptions): Promise<unknown> {
    const done = new AbortController();
    const signals = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const wait = (id: string): Promise<TaskMeta | null> =>
      this.#context.results.waitForResult(id, { timeoutMs, signal: signals });
    const failedBefore = propagate ? this.#tasksBefore().map((id) => failureOf(wait(id))) : [];
    try {
      const meta = await Promise.race([wait(this.id), ...failedBefore]);
      if (meta === null) throw resultTimeout(this.id, timeoutMs);
      if (propagate && PROPAGATE_STATES.has(meta.status)) throw new RemoteError(meta);
      return contentOf(meta);
    } finally {
      done.abort();
    }
  }

  /**
   * Drops the stored results of this task and those before it.
   * @throws TaskError `RESULT_UNSUPPORTED`.
   */
  async forget(): Promise<void> {
    const { forget } = this.#context;
    if (forget === undefined) throw unsupported('forgetting a result');
    await this.parent?.forget();
    await forget(this.id);
  }

  /** Tells workers not to run the task. @throws TaskError `RESULT_UNSUPPORTED` without remote control. */
  async revoke(options: RevokeResultOptions = {}): Promise<void> {
    await revokeAll(this.#context, [this.id], options);
  }

  /** Tells workers to run neither the task nor any before it: the whole chain. @throws as {@link revoke}. */
  async revokeChain(options: RevokeResultOptions = {}): Promise<void> {
    await revokeAll(this.#context, [...new Set(this.taskIds())], options);
  }

  /** `[[id, parent], null]`, Celery's `as_tuple`. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null];
  }

  /** This task and all before it (Celery's `as_list`). */
  taskIds(): readonly string[] {
    return [this.id, ...(this.parent?.taskIds() ?? [])];
  }

  #meta(): Promise<TaskMeta | null> {
    return this.#context.results.getTaskMeta(this.id);
  }

  #tasksBefore(): readonly string[] {
    const ids: string[] = [];
    for (let node = this.parent; node !== null; node = node.parent)
      if (node.results === null) ids.push(node.id);
    return ids;
  }
}

/** @throws TaskError `RESULT_UNSUPPORTED`. */
export const revokeAll = async (
  { revoke }: ResultContext,
  taskIds: readonly string[],
  options: RevokeResultOptions,
): Promise<void> => {
  if (revoke === undefined) throw unsupported('revoking a task');
  if (taskIds.length > 0) await revoke(taskIds, options);
};

const contentOf = (meta: TaskMeta): unknown =>
  EXCEPTION_STATES.has(meta.status) ? new RemoteError(meta) : meta.result;

/** Settles only when the task has failed. */
const failureOf = (waited: Promise<TaskMeta | null>): Promise<TaskMeta> =>
  new Promise((resolve) => {
    waited.then(
      (meta) => {
        if (meta !== null && PROPAGATE_STATES.has(meta.status)) resolve(meta);
      },
      // Aborted: the wait is over, one way or another.
      () => undefined,
    );
  });
