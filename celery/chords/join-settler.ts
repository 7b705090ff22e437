import { type AmqpLogger, QueueError, RabbitMQError } from '../../amqp';
import { CanvasPublisher, type CeleryClient, type ChordCounter } from '../client';
import {
  type CanvasPlan,
  canvas,
  derivedIds,
  formatIsoTime,
  type Signature,
  type TaskMeta,
} from '../protocol';
import type { SubmissionRecords } from '../records';
import type { ResultFeed, ResultWriter } from '../results';
import { type Join, joinKey, tasksOf } from './join';
import { dependencyFailed, type JoinFailure, notStarted } from './join-failure';
import type { JoinOutcome } from './open-join';

/** What publishes on the channel that holds the joins. */
export interface JoinPublishers {
  readonly client: Pick<CeleryClient, 'submit'>;
  readonly chords: ChordCounter;
  readonly results: ResultWriter;
  /** Whether the channel is still there. */
  readonly open: boolean;
}

export interface JoinSettlerOptions {
  readonly records: Pick<SubmissionRecords, 'get'> | undefined;
  readonly feed: Pick<ResultFeed, 'replyTo'>;
  readonly logger: AmqpLogger;
  readonly now: () => number;
}

const RETRY_INITIAL_MS = 100;
const RETRY_MAX_MS = 5000;

/**
 * Starts what a join waited to start, or tells everybody concerned that it cannot be. Done again after a crash in the middle it
 * publishes only what is not recorded as published: ids are the same each time.
 */
export class JoinSettler {
  readonly #options: JoinSettlerOptions;

  constructor(options: JoinSettlerOptions) {
    this.#options = options;
  }

  /**
   * Resolves when everything is published and confirmed. Waits out what passes.
   * @throws RabbitMQError when the channel is gone, or nobody knows whether it took a message: settle again after a takeover.
   */
  async settle(
    join: Join,
    outcome: JoinOutcome,
    lastReported: string | undefined,
    to: JoinPublishers,
  ): Promise<void> {
    if (outcome.kind === 'failed') return this.fail(join, outcome.culprit, to);
    try {
      await this.#start(join, outcome.value, lastReported, to);
    } catch (error) {
      if (!to.open || isUnknown(error)) throw error;
      await this.giveUp(join, error, to);
    }
  }

  /** As {@link settle} for a join whose next steps the broker will never take. */
  async giveUp(join: Join, error: unknown, to: JoinPublishers): Promise<void> {
    this.#options.logger.error('a chord or a step could not be started', { join: join.id, error });
    await this.#settleFailure(join, notStarted(join, error), to);
  }

  /** As {@link settle} for a join one of whose tasks failed. */
  async fail(join: Join, culprit: TaskMeta, to: JoinPublishers): Promise<void> {
    await this.#settleFailure(join, dependencyFailed(join, culprit), to);
  }

  async #start(join: Join, value: unknown, last: string | undefined, to: JoinPublishers): Promise<void> {
    const { records } = this.#options;
    const id = last ?? join.id;
    const parent = { id, rootId: join.rootId ?? records?.get(id)?.rootId ?? id };
    const newId = derivedIds(joinKey(join));
    for (const { signature, chain } of join.next) {
      const options = chain.length > 0 ? { chain } : {};
      const context = { newId, replyTo: join.replyTo, parent };
      const plan = canvas.planCanvas(signature, { args: [value], options }, context);
      await this.#publish(plan, to, new Set([...tasksOf(join.awaits).map((task) => task.id), join.id]));
    }
  }

  async #settleFailure(join: Join, failure: JoinFailure, to: JoinPublishers): Promise<void> {
    for (const { taskId, errbacks } of failure.errbacks) await this.#callErrbacks(join, taskId, errbacks, to);
    for (const { taskId, replyTo, result, traceback } of failure.failed) {
      const meta: TaskMeta = {
        status: 'FAILURE',
        result,
        traceback,
        children: [],
        date_done: formatIsoTime(this.#options.now()),
        task_id: taskId,
      };
      const address = { id: taskId, replyTo, correlationId: taskId };
      await this.#patiently(to, () => to.results.storeResult(address, meta));
    }
  }

  /** As a group with the failed task's id (celery/backends/base.py `_call_task_errbacks`); what cannot be sent is no reason to stop. */
  async #callErrbacks(
    join: Join,
    taskId: string,
    errbacks: readonly Signature[],
    to: JoinPublishers,
  ): Promise<void> {
    const context = { newId: derivedIds(`errbacks of ${taskId}`), replyTo: join.replyTo };
    try {
      const group = canvas.group(errbacks.map((errback) => canvas.fromDict(errback)));
      const lineage = { parent_id: taskId, root_id: join.rootId ?? taskId };
      const plan = canvas.planCanvas(group, { args: [taskId], options: lineage }, context);
      await this.#publish(plan, to);
    } catch (error) {
      if (!to.open || isUnknown(error)) throw error;
      this.#options.logger.error('errbacks could not be called', { taskId, error });
    }
  }

  /**
   * Without what is recorded already.
   * @param parents of which task a published one may be the child; a body that takes the place of a task has that one's id, and
   * only its parent tells their records apart.
   */
  #publish(plan: CanvasPlan, to: JoinPublishers, parents: ReadonlySet<string> = NOBODY): Promise<void> {
    const { records, feed } = this.#options;
    const isPublished = ({ options }: canvas.TaskStep): boolean => {
      const parentId = records?.get(String(options.task_id))?.parentId;
      return (
        parentId !== undefined && (parentId === (options.parent_id ?? null) || parents.has(String(parentId)))
      );
    };
    const publisher = new CanvasPublisher({ client: to.client, chords: to.chords, replyTo: feed.replyTo });
    return this.#patiently(to, async () => {
      const steps = plan.steps.filter((step) => step.kind !== 'task' || !isPublished(step));
      await publisher.publish({ steps });
    });
  }

  /** A broker under alarm, a full queue and the like pass; the join is safe meanwhile. */
  async #patiently(to: JoinPublishers, act: () => Promise<void>): Promise<void> {
    for (let pauseMs = RETRY_INITIAL_MS; ; pauseMs = Math.min(RETRY_MAX_MS, pauseMs * 2)) {
      try {
        return await act();
      } catch (error) {
        const passes = error instanceof RabbitMQError && error.retryable && !isUnknown(error);
        if (!to.open || !passes) throw error;
        this.#options.logger.warn('a join waits for the broker', { error: error.message });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set();

const isUnknown = (error: unknown): boolean =>
  error instanceof QueueError && error.code === 'PUBLISH_UNKNOWN';
