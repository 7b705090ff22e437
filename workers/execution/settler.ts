import { type Delivery, RabbitMQError } from '../../amqp';
import { ContentError } from '../../celery/protocol';
import type { ResultAddress } from '../../celery/results';
import { failureMeta } from '../canvas';
import { type Attempts, SettlingVoid } from './attempts';
import { encodeError, notRegistered } from './celery-errors';
import { failure, type Outcome } from './outcome';
import { hasHook } from './run-hook';
import type { SettleEffects } from './settle-effects';
import { isVoid, type SettleFacts, type SettleStep, settlePlan } from './settle-plan';
import type { TaskEvents } from './task-events';
import type { TaskRun } from './task-run';
import type { TaskServices } from './task-services';

export interface SettlerDeps {
  readonly services: TaskServices;
  readonly events: TaskEvents;
  readonly attempts: Attempts;
  readonly effects: Pick<SettleEffects, 'perform'>;
  /** Sends a copy of a failed task's message to its dead letters; undefined where failures stay what they are. */
  readonly deadLetterFailure?: ((run: TaskRun, outcome: Outcome) => Promise<unknown>) | undefined;
}

/** Steps done in the same turn; the others publish or store and are awaited. */
const EVENTS: ReadonlySet<SettleStep> = new Set(['event', 'event-rejected', 'event-requeued']);
const IMMEDIATE: ReadonlySet<SettleStep> = new Set(['ack', 'reject', 'requeue', ...EVENTS]);

/** Has all side effects of an outcome done, in the plan's order. The only file that answers a message. */
export class Settler {
  constructor(private readonly deps: SettlerDeps) {}

  /** Returns a promise only when there is something to wait for. It never rejects. */
  settle(run: TaskRun, outcome: Outcome): Promise<void> | undefined {
    if (isVoid(outcome, run.delivery.lost)) {
      this.leave(run);
      return undefined;
    }
    const plan = settlePlan(outcome, this.facts(run, outcome));
    for (let index = 0; index < plan.length; index += 1) {
      const step = plan[index] as SettleStep;
      if (!IMMEDIATE.has(step)) return this.settleFrom(index, run, outcome, plan);
      this.immediate(step, run, outcome);
    }
    return undefined;
  }

  /** The early acknowledgement, when a slot accepts the task. */
  acknowledge(run: TaskRun): void {
    run.delivery.ack();
  }

  /** A copy of a run that this process has answered for already. */
  acknowledgeCopy(delivery: Delivery): void {
    delivery.ack();
  }

  /** Hands a message back that was never accepted. */
  giveBack(run: TaskRun): void {
    run.delivery.nack({ requeue: true });
  }

  /** A message another worker may understand, when no copy of it could be sent. */
  handBack(delivery: Delivery): void {
    delivery.nack({ requeue: true });
  }

  /** A message that is no task: to the dead-letter exchange, if the queue has one. */
  refuse(delivery: Delivery, settle: 'ack' | 'reject'): void {
    if (settle === 'ack') delivery.ack();
    else delivery.reject({ requeue: false });
  }

  /** A task nobody here knows: rejected, and its caller told (celery/worker/consumer/consumer.py `on_unknown_task`). */
  async refuseUnknown(delivery: Delivery, address: ResultAddress, task: string): Promise<void> {
    const { services, attempts, events } = this.deps;
    const meta = failureMeta(address.id, notRegistered(task), services.clock.now());
    if (services.storesResults) {
      await attempts
        .run('store-result', address.id, () => services.results.storeResult(address, meta))
        .catch((error: unknown) =>
          services.logger.error('a result was not stored', { taskId: address.id, error }),
        );
    }
    delivery.reject({ requeue: false });
    events.unknown(address.id, task);
  }

  private facts(run: TaskRun, outcome: Outcome): SettleFacts {
    const { callbacks, chain, errbacks, chord } = run.request.embed;
    return {
      acksLate: run.acksLate,
      acksOnFailureOrTimeout: run.definition.settings.acksOnFailureOrTimeout !== false,
      rejectOnWorkerLost: run.definition.settings.rejectOnWorkerLost === true,
      storesResult: this.deps.services.storesResults && !run.ignoresResult,
      hasCallbacks: callbacks !== null && callbacks.length > 0,
      hasChain: chain !== null && chain.length > 0,
      hasErrbacks: errbacks !== null && errbacks.length > 0,
      hasChord: chord !== null,
      deadLettersFailures: this.deps.deadLetterFailure !== undefined,
      hasHook: hasHook(run.definition.settings, outcome),
    };
  }

  private immediate(step: SettleStep, run: TaskRun, outcome: Outcome): void {
    if (EVENTS.has(step)) {
      this.deps.events.outcome(run, outcome, step);
    } else if (!run.delivery.settled && !answer(step, run)) {
      this.deps.services.logger.warn('acknowledgement dropped: its channel is gone', { taskId: run.id });
    }
  }

  private async settleFrom(
    first: number,
    run: TaskRun,
    outcome: Outcome,
    plan: readonly SettleStep[],
  ): Promise<void> {
    for (let index = first; index < plan.length; index += 1) {
      const step = plan[index] as SettleStep;
      if (isVoid(outcome, run.delivery.lost)) {
        this.leave(run);
        return;
      }
      if (IMMEDIATE.has(step)) {
        this.immediate(step, run, outcome);
        continue;
      }
      try {
        if (step === 'dead-letter') await this.deps.deadLetterFailure?.(run, outcome);
        else await this.deps.effects.perform(step, run, outcome);
      } catch (error) {
        if (error instanceof SettlingVoid) continue;
        if (step === 'return-chord-part' && isGivenUp(error)) {
          this.leave(run);
          return;
        }
        const changed = outcomeAfter(step, outcome, error);
        if (changed !== null) {
          await this.settle(run, changed);
          return;
        }
        this.deps.services.logger.error('a step of settling failed', { step, taskId: run.id, error });
      }
    }
  }

  /** The next run of the message decides; monitors hear that this one came to nothing. */
  private leave(run: TaskRun): void {
    this.deps.services.logger.warn('outcome dropped: the broker delivers the message again', {
      taskId: run.id,
    });
    this.deps.events.cancelled(run);
  }
}

function answer(step: SettleStep, run: TaskRun): boolean {
  if (step === 'ack') return run.delivery.ack();
  return run.delivery.reject({ requeue: step === 'requeue' });
}

/** A step that cannot be done may change how the task ended (celery/app/trace.py: EncodeError, failed dispatch). */
function outcomeAfter(step: SettleStep, outcome: Outcome, error: unknown): Outcome | null {
  if (outcome.kind === 'RETRY' && step === 'publish-retry') {
    return { kind: 'REJECTED', reason: String(error), requeue: false };
  }
  if (outcome.kind === 'REPLACED' && step === 'publish-replacement') return failure(error);
  if (outcome.kind !== 'SUCCESS') return null;
  if (step === 'publish-callbacks' || step === 'publish-chain') return failure(error);
  const writes = step === 'store-result' || step === 'return-chord-part';
  if (writes && error instanceof ContentError) return failure(encodeError(error.message));
  return null;
}

/** The worker stops while Redis or the broker are away. Unacknowledged, the part is returned by whoever runs the task next. */
const isGivenUp = (error: unknown): boolean => error instanceof RabbitMQError && error.retryable;
