import { setTimeout as sleep } from 'node:timers/promises';
import { QueueError } from '../../amqp';
import type { TaskSubmission } from '../../celery';
import { validateTask } from '../../celery/protocol';
import type { AcceptedTask, SubmitExtras, Submitter, TaskService } from '../tasks';
import type { BatchWindow } from './batch-window';

/** One task of a batch, read and checked by its schema. */
export interface BatchItem {
  readonly task: TaskSubmission;
  readonly extras: SubmitExtras | undefined;
}

/** What became of one task: it was accepted, or why not. */
export type BatchOutcome =
  | { readonly accepted: AcceptedTask }
  | {
      readonly error: unknown;
    };

export interface BatchServiceDeps {
  readonly tasks: Pick<TaskService, 'submit' | 'check'>;
  readonly window: BatchWindow;
  /** A task the publisher had no room for is tried again for so long. */
  readonly patienceMs: number;
  /** Where missing queues are not declared: whether a queue is there. @throws QueueError QUEUE_NOT_FOUND. */
  readonly requireQueue?: ((queue: string) => Promise<unknown>) | undefined;
}

/** Others fill the publisher's cap as well; its confirms come within milliseconds. */
const SATURATED_PAUSE_MS = 10;
/** Tasks checked in one go, before others get their turn. */
const CHECKED_AT_ONCE = 500;

/** Sends many tasks over one window of confirms. */
export class BatchService {
  constructor(private readonly deps: BatchServiceDeps) {}

  /**
   * Sends one task as soon as the window has room; resolves to the promise of its outcome then. So whoever awaits the place
   * and not the outcome keeps the window full, and holds no more than it.
   */
  async enter(
    item: () => BatchItem,
    submitter: Submitter,
  ): Promise<{ readonly outcome: Promise<BatchOutcome> }> {
    const place = this.deps.window.take();
    if (place !== undefined) await place;
    return { outcome: this.send(item, submitter) };
  }

  /** Sends all, in order; resolves when each has an outcome. */
  async submitAll(
    count: number,
    itemAt: (index: number) => BatchItem,
    submitter: Submitter,
  ): Promise<readonly BatchOutcome[]> {
    const outcomes: Promise<BatchOutcome>[] = [];
    for (let index = 0; index < count; index += 1) {
      const place = this.deps.window.take();
      if (place !== undefined) await place;
      outcomes.push(this.send(() => itemAt(index), submitter));
    }
    return Promise.all(outcomes);
  }

  /** What of these tasks would be refused; none is sent. */
  async problems(items: readonly BatchItem[], submitter: Submitter): Promise<ReadonlyMap<number, unknown>> {
    const problems = new Map<number, unknown>();
    for (const [index, item] of items.entries()) {
      if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await sleep(0);
      try {
        this.deps.tasks.check(item.task, submitter, item.extras);
        const { name, args, kwargs, options } = item.task;
        validateTask({ name, id: options?.taskId, args, kwargs }, options);
      } catch (error) {
        problems.set(index, error);
      }
    }
    if (problems.size === 0 && this.deps.requireQueue !== undefined) await this.findQueues(items, problems);
    return problems;
  }

  private async findQueues(items: readonly BatchItem[], problems: Map<number, unknown>): Promise<void> {
    const firstUse = new Map<string, number>();
    items.forEach(({ task }, index) => {
      const queue = task.options?.queue;
      if (queue !== undefined && !firstUse.has(queue)) firstUse.set(queue, index);
    });
    for (const [queue, index] of firstUse) {
      await this.deps.requireQueue?.(queue).catch((error: unknown) => problems.set(index, error));
    }
  }

  private async send(item: () => BatchItem, submitter: Submitter): Promise<BatchOutcome> {
    try {
      const { task, extras } = item();
      return { accepted: await this.patiently(() => this.deps.tasks.submit(task, submitter, extras)) };
    } catch (error) {
      return { error };
    } finally {
      this.deps.window.free();
    }
  }

  /** A saturated publisher has surely not taken the task: it is no reason to burden the caller with. */
  private async patiently(submit: () => Promise<AcceptedTask>): Promise<AcceptedTask> {
    const deadline = performance.now() + this.deps.patienceMs;
    for (;;) {
      try {
        return await submit();
      } catch (error) {
        const saturated = error instanceof QueueError && error.code === 'PUBLISHER_SATURATED';
        if (!saturated || performance.now() > deadline) throw error;
        await sleep(SATURATED_PAUSE_MS);
      }
    }
  }
}
