import type { ResultTuple } from '../protocol';
import { type AsyncResult, revokeAll } from './async-result';
import { type GetOptions, type ResultContext, type RevokeResultOptions, unsupported } from './result-context';

/** A task's result or a group's. */
export type TaskResult = AsyncResult | GroupResult;

/** A member of a group that has ended. */
export interface CompletedResult {
  readonly result: TaskResult;
  /** As {@link TaskResult.get} returns it. */
  readonly value: unknown;
}

/** The results of a group, in order (celery/result.py `GroupResult`). */
export class GroupResult {
  readonly #context: ResultContext;

  /** Callers use `TaskResults`. */
  constructor(
    readonly id: string,
    readonly results: readonly TaskResult[],
    readonly parent: TaskResult | null,
    context: ResultContext,
  ) {
    this.#context = context;
  }

  /** All members have ended. */
  async ready(): Promise<boolean> {
    return (await this.#ask((result) => result.ready())).every(Boolean);
  }

  /** All members have succeeded. */
  async successful(): Promise<boolean> {
    return (await this.#ask((result) => result.successful())).every(Boolean);
  }

  /** At least one member has failed. */
  async failed(): Promise<boolean> {
    return (await this.#ask((result) => result.failed())).some(Boolean);
  }

  /** At least one member has not ended. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  /** How many members have succeeded. */
  async completedCount(): Promise<number> {
    return (await this.#ask((result) => result.successful())).filter(Boolean).length;
  }

  /**
   * The members' values in order; the first failure to arrive ends the wait.
   * @throws as {@link AsyncResult.get}.
   */
  async get(options: GetOptions): Promise<unknown> {
    const over = new AbortController();
    const signal =
      options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
    try {
      return await Promise.all(this.results.map((result) => result.get({ ...options, signal })));
    } finally {
      over.abort();
    }
  }

  /**
   * Members as they end, the first one first.
   * @throws as {@link AsyncResult.get}; with `propagate: false` a failed member's error is its value.
   */
  async *iterate(options: GetOptions): AsyncGenerator<CompletedResult, void, undefined> {
    const over = new AbortController();
    const signal =
      options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
    const open = new Map(
      this.results.map((result) => {
        const ended = result.get({ ...options, signal }).then((value) => ({ result, value }));
        // Looked at below, or of no interest any more.
        ended.catch(() => undefined);
        return [result, ended] as const;
      }),
    );
    try {
      while (open.size > 0) {
        const completed = await Promise.race(open.values());
        open.delete(completed.result);
        yield completed;
      }
    } finally {
      over.abort();
    }
  }

  /** Drops the members' stored results. @throws TaskError `RESULT_UNSUPPORTED`. */
  async forget(): Promise<void> {
    await Promise.all(this.results.map((result) => result.forget()));
  }

  /** Tells workers to run none of the members, nor the steps before them in a member that is a chain. @throws TaskError `RESULT_UNSUPPORTED` without remote control. */
  async revoke(options: RevokeResultOptions = {}): Promise<void> {
    await revokeAll(this.#context, [...new Set(this.results.flatMap((result) => result.taskIds()))], options);
  }

  /** Keeps the group under its id, where Python finds it too. @throws TaskError `RESULT_UNSUPPORTED`. */
  async save(): Promise<void> {
    const { groups } = this.#context;
    if (groups === undefined) throw unsupported('saving a group');
    await groups.saveGroup(this.id, this.asTuple());
  }

  /** Undoes {@link save}. @throws TaskError `RESULT_UNSUPPORTED`. */
  async delete(): Promise<void> {
    const { groups } = this.#context;
    if (groups === undefined) throw unsupported('deleting a group');
    await groups.deleteGroup(this.id);
  }

  /** `[[id, parent], [members …]]`, Celery's `as_tuple`. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], this.results.map((result) => result.asTuple())];
  }

  /** The members' tasks and all before them. */
  taskIds(): readonly string[] {
    return [...this.results.flatMap((result) => result.taskIds()), ...(this.parent?.taskIds() ?? [])];
  }

  #ask<T>(question: (result: TaskResult) => Promise<T>): Promise<readonly T[]> {
    return Promise.all(this.results.map(question));
  }
}
