import { RabbitMQError } from '../../amqp';
import {
  type CanvasPlan,
  canvas,
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

type ClaimFacts = Pick<ChordClaim, 'isRepeat' | 'isBegunAgain'>;

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
    if (chordParts === undefined) return;
    const pending = [...owed];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const claim = await this.count(chordParts, next, settling);
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
    if (!(await repeat(() => this.hasBeenFired(claim, body)))) {
      const failure = await this.fire(claim, { body, part }, values.values, settling);
      if (failure === 'lost') return [];
      if (failure !== null) {
        const owed = await this.failures.failBody(body, failure, settling);
        await repeat(() => claim.fired());
        return owed;
      }
    }
    await repeat(() => claim.fired());
    return [];
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
      const plan: CanvasPlan = bodyPlan(body, values, { origin: request, groupId: part.groupId }, idsOf);
      await services.canvas.publish(plan, undefined, (action) =>
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
   * Whoever fired before may have died between the broker's confirm and saying so, or was a Celery that leaves no trace: a result
   * tells. A chord begun again may have got a FAILURE from what went before it; what has replaced a task may have got the states
   * of that one.
   */
  private async hasBeenFired({ isRepeat, isBegunAgain }: ClaimFacts, body: Signature): Promise<boolean> {
    if (!isRepeat && !isBegunAgain) return false;
    const isReplacement = Number(body.options.replaced_task_nesting ?? 0) > 0;
    for (const id of firstTasks(canvas.fromDict(body))) {
      const status = (await this.read(id))?.status;
      if (status === undefined) continue;
      if (status === TaskState.SUCCESS) return true;
      if (isRepeat && (!isReplacement || READY_STATES.has(status))) return true;
    }
    return false;
  }

  private async read(taskId: string): Promise<TaskMeta | null> {
    return (await this.deps.services.reader?.getTaskMeta(taskId)) ?? null;
  }
}

/** Ids of the tasks a canvas starts with. */
function firstTasks(sig: canvas.Canvas): readonly string[] {
  if (canvas.isGroup(sig)) return sig.kwargs.tasks.flatMap(firstTasks);
  if (canvas.isChain(sig)) return sig.kwargs.tasks.slice(0, 1).flatMap(firstTasks);
  if (canvas.isChord(sig)) {
    const { header } = sig.kwargs;
    return ('task' in header ? [header] : header).flatMap((member) => firstTasks(member as canvas.Canvas));
  }
  const { task_id: id } = sig.options;
  return typeof id === 'string' ? [id] : [];
}
