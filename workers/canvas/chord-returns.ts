import { RabbitMQError } from '../../amqp';
import {
  type CanvasPlan,
  type canvas,
  exceptionRepr,
  PythonError,
  READY_STATES,
  type Signature,
  type TaskMeta,
  TaskState,
} from '../../celery/protocol';
import { type ChordClaim, type ChordParts, chordValues } from '../../celery/results';
import type { CanvasDeps, Settling } from './canvas-services';
import { type ChordHeritage, withoutContent } from './chord-heritage';
import type { FailurePropagation, OwedPart } from './failure-propagation';
import { bodyPlan } from './next-steps';

export const chordError = (message: string, cause: unknown): PythonError =>
  new PythonError('ChordError', 'celery.exceptions', [message], { cause });

/** Another worker has the right to fire the body: this one stays, in case that one dies. */
class ChordClaimed extends RabbitMQError {
  constructor(groupId: string) {
    super('CHORD_CLAIMED', 'another worker fires the body of the chord', {
      retryable: true,
      details: { groupId },
    });
  }
}

/** It took so long that another worker has taken over. */
class ClaimLost extends Error {}

/**
 * Returns parts of chords, and fires or fails the body of the chord that is complete with them (celery/backends/redis.py
 * `on_chord_part_return`).
 */
export class ChordReturns {
  constructor(
    private readonly deps: CanvasDeps,
    private readonly failures: FailurePropagation,
  ) {}

  /** A part may complete a chord whose body fails, which may be a part of another chord, and so on. */
  async giveBack(owed: readonly OwedPart[], settling: Settling): Promise<void> {
    const { chordParts } = this.deps.services;
    const pending = [...owed];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const claim = chordParts === undefined ? null : await this.count(chordParts, next, settling);
      await next.onReturned?.();
      if (claim !== null) pending.push(...(await this.complete(claim, next, settling)));
    }
  }

  private count(
    parts: ChordParts,
    { part, body }: OwedPart,
    { request, repeat }: Settling,
  ): Promise<ChordClaim | null> {
    const heritage: ChordHeritage = { part, body, request: withoutContent(request) };
    return repeat(async () => {
      const returned = await parts.onChordPartReturn(part, heritage);
      if (returned.kind === 'claimed') throw new ChordClaimed(part.groupId);
      return returned.kind === 'complete' ? returned.claim : null;
    });
  }

  private async complete(
    claim: ChordClaim,
    { body, part }: OwedPart,
    settling: Settling,
  ): Promise<readonly OwedPart[]> {
    const { repeat } = settling;
    const values = await repeat(() => chordValues(claim, (id) => this.read(id)));
    if (values.kind === 'failed') {
      if (!(await repeat(() => claim.prolong()))) return [];
      const owed = await this.failures.failBody(body, chordError(values.reason, values.cause), settling);
      await repeat(() => claim.failed());
      return owed;
    }
    const failure = await this.fire(claim, { body, part }, values.values, settling);
    if (failure === 'lost') return [];
    const owed = failure === null ? [] : await this.failures.failBody(body, failure, settling);
    await repeat(() => claim.fired());
    return owed;
  }

  /** Publishes the body. @returns why not: another worker does, or nobody can. */
  private async fire(
    claim: ChordClaim,
    { body, part }: OwedPart,
    values: readonly unknown[],
    { request, repeat }: Settling,
  ): Promise<PythonError | 'lost' | null> {
    const { services, idsOf } = this.deps;
    try {
      const plan = bodyPlan(body, values, { origin: request, groupId: part.groupId }, idsOf);
      const steps = await repeat(() => this.unsent(plan, claim, body));
      await services.canvas.publish({ steps }, undefined, (action) =>
        repeat(async () => {
          if (!(await claim.prolong())) throw new ClaimLost();
          return action();
        }),
      );
      return null;
    } catch (error) {
      if (error instanceof ClaimLost) {
        services.logger.warn('the body of a chord is fired by another worker', { groupId: part.groupId });
        return 'lost';
      }
      // Given up because the worker stops: whoever gets the message next fires the body.
      if (error instanceof RabbitMQError && error.retryable) throw error;
      services.logger.error('the body of a chord cannot be sent', { groupId: part.groupId, error });
      return chordError(`Callback error: ${exceptionRepr(error)}`, error);
    }
  }

  /**
   * Whoever fired before may have died between the broker's confirm and saying so, or after the first tasks of a group, or was a
   * Celery that leaves no trace: results tell what was sent. A chord begun again may have got a FAILURE from what went before it;
   * what has replaced a task may have got the states of that one.
   */
  private async unsent(
    { steps }: CanvasPlan,
    { isRepeat, isBegunAgain }: ChordClaim,
    body: Signature,
  ): Promise<readonly canvas.PlanStep[]> {
    if (!isRepeat && !isBegunAgain) return steps;
    const isReplacement = Number(body.options.replaced_task_nesting ?? 0) > 0;
    const left: canvas.PlanStep[] = [];
    for (const step of steps) {
      const meta = step.kind === 'task' ? await this.read(String(step.options.task_id)) : null;
      const tells = isRepeat && (!isReplacement || READY_STATES.has(meta?.status ?? ''));
      if (meta === null || !(tells || meta.status === TaskState.SUCCESS)) left.push(step);
    }
    return left.some(({ kind }) => kind === 'task') ? left : [];
  }

  private async read(taskId: string): Promise<TaskMeta | null> {
    return (await this.deps.services.reader?.getTaskMeta(taskId)) ?? null;
  }
}
