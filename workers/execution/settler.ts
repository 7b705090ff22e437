import type { Delivery } from '../../amqp';
import type { TaskSubmission } from '../../celery/client';
import { ContentError } from '../../celery/protocol';
import type { ResultAddress } from '../../celery/results';
import type { Attempts } from './attempts';
import { encodeError, notRegistered, rejected } from './celery-errors';
import { callbackSubmissions, chainSubmission, errbackSubmissions } from './next-steps';
import { failure, type Outcome } from './outcome';
import { failureMeta, resultMeta } from './result-meta';
import { RunContext } from './run-context';
import { hasHook, runHook } from './run-hook';
import { isVoid, type SettleFacts, type SettleStep, settlePlan } from './settle-plan';
import type { TaskEvents } from './task-events';
import type { TaskRun } from './task-run';
import type { TaskServices } from './task-services';

export interface SettlerDeps {
  readonly services: TaskServices;
  readonly events: TaskEvents;
  readonly attempts: Attempts;
  readonly newId: () => string;
}

/** Steps done in the same turn; the others publish or store and are awaited. */
const EVENTS: ReadonlySet<SettleStep> = new Set(['event', 'event-rejected', 'event-requeued']);
const IMMEDIATE: ReadonlySet<SettleStep> = new Set(['ack', 'reject', 'requeue', ...EVENTS]);

/** Does all side effects of an outcome, in the plan's order. The only file that answers a message. */
export class Settler {
  constructor(private readonly deps: SettlerDeps) {}

  /** Returns a promise only when there is something to wait for. It never rejects. */
  settle(run: TaskRun, outcome: Outcome): Promise<void> | undefined {
    if (isVoid(outcome, run.delivery.lost)) {
      this.leave(run);
      return undefined;
    }
    const plan = settlePlan(outcome, this.facts(run, outcome));
    let index = 0;
    for (; index < plan.length; index += 1) {
      const step = plan[index] as SettleStep;
      if (!IMMEDIATE.has(step)) return this.settleRest(run, outcome, plan.slice(index));
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

  private async settleRest(run: TaskRun, outcome: Outcome, plan: readonly SettleStep[]): Promise<void> {
    for (const step of plan) {
      if (isVoid(outcome, run.delivery.lost)) {
        this.leave(run);
        return;
      }
      if (IMMEDIATE.has(step)) {
        this.immediate(step, run, outcome);
        continue;
      }
      try {
        await this.perform(step, run, outcome);
      } catch (error) {
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

  private async perform(step: SettleStep, run: TaskRun, outcome: Outcome): Promise<void> {
    const { request } = run;
    switch (step) {
      case 'publish-retry':
        if (outcome.kind === 'RETRY') await this.send(run, outcome, [outcome.retry.submission]);
        return;
      case 'publish-callbacks':
        return this.sendChildren(
          run,
          outcome,
          callbackSubmissions(request, resultOf(outcome), this.deps.newId),
        );
      case 'publish-chain': {
        const next = chainSubmission(request, resultOf(outcome));
        return this.sendChildren(run, outcome, next === null ? [] : [next]);
      }
      case 'publish-errbacks':
        await this.send(run, outcome, errbackSubmissions(request, this.deps.newId));
        return;
      case 'store-result':
        return this.store(run, outcome);
      case 'run-hook':
        return runHook(run.definition.settings, new RunContext(run, this.deps.services), outcome);
      case 'fail-chain':
        return this.failChain(run, outcome);
      case 'return-chord-part':
        this.deps.services.logger.error('a chord part was not returned: not supported by this worker yet', {
          taskId: run.id,
          group: request.group,
        });
        return;
      default:
        return;
    }
  }

  private async store(run: TaskRun, outcome: Outcome): Promise<void> {
    const { results, clock } = this.deps.services;
    const meta = resultMeta(run, outcome, clock.now());
    await this.attempt('store-result', run, outcome, () => results.storeResult(run.request, meta));
  }

  private attempt(
    what: string,
    run: TaskRun,
    outcome: Outcome,
    action: () => Promise<unknown>,
  ): Promise<void> {
    return this.deps.attempts.run(what, run.id, action, () => isVoid(outcome, run.delivery.lost));
  }

  /** The steps that will now never run fail with the same error, so that nobody waits for them. */
  private async failChain(run: TaskRun, outcome: Outcome): Promise<void> {
    const { services } = this.deps;
    if (!services.storesResults || run.ignoresResult) return;
    for (const { options } of run.request.embed.chain ?? []) {
      const { task_id: id, reply_to: replyTo } = options;
      if (typeof id !== 'string') continue;
      const address = { id, correlationId: id, replyTo: typeof replyTo === 'string' ? replyTo : null };
      const meta = failureMeta(id, errorOf(outcome), services.clock.now());
      await this.attempt('fail-chain', run, outcome, () => services.results.storeResult(address, meta));
    }
  }

  private async sendChildren(
    run: TaskRun,
    outcome: Outcome,
    submissions: readonly TaskSubmission[],
  ): Promise<void> {
    const sent = await this.send(run, outcome, submissions);
    run.children.push(...sent);
  }

  /** Ids are fixed before the first attempt, so that a repeated publish is recognisably the same task. */
  private async send(
    run: TaskRun,
    outcome: Outcome,
    submissions: readonly TaskSubmission[],
  ): Promise<readonly string[]> {
    const sent: string[] = [];
    for (const submission of submissions) {
      const taskId = submission.options?.taskId ?? this.deps.newId();
      const identified = { ...submission, options: { ...submission.options, taskId } };
      await this.attempt('publish', run, outcome, () => this.deps.services.sender.submit(identified));
      sent.push(taskId);
    }
    return sent;
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
  if (outcome.kind !== 'SUCCESS') return null;
  if (step === 'publish-callbacks' || step === 'publish-chain') return failure(error);
  if (step === 'store-result' && error instanceof ContentError) return failure(encodeError(error.message));
  return null;
}

const resultOf = (outcome: Outcome): unknown => (outcome.kind === 'SUCCESS' ? (outcome.value ?? null) : null);

const errorOf = (outcome: Outcome): unknown => {
  if (outcome.kind === 'FAILURE') return outcome.error;
  return rejected(outcome.kind === 'REJECTED' ? outcome.reason : '');
};
