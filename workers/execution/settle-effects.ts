import type { Repeat } from '../../celery/client';
import type { Canvas, CanvasPlan } from '../../celery/protocol';
import {
  type ChordReturns,
  callbackPlans,
  chainPlan,
  type Errbacks,
  type FailurePropagation,
  type IdsOf,
  type OwedPart,
  replacementPlan,
  type Settling,
} from '../canvas';
import type { Attempts } from './attempts';
import { rejected } from './celery-errors';
import type { Outcome } from './outcome';
import { resultMeta } from './result-meta';
import { RunContext } from './run-context';
import { runHook } from './run-hook';
import { isVoid, type SettleStep } from './settle-plan';
import type { TaskRun } from './task-run';
import type { TaskServices } from './task-services';

export interface SettleEffectsDeps {
  readonly services: TaskServices;
  readonly attempts: Attempts;
  readonly errbacks: Errbacks;
  readonly failures: FailurePropagation;
  readonly chords: ChordReturns;
  readonly idsOf: IdsOf;
}

/** Does what settling publishes and stores; each thing again while broker or backend are away. */
export class SettleEffects {
  constructor(private readonly deps: SettleEffectsDeps) {}

  /** Does one step of the plan. Rejects when it cannot be done; SettlingVoid when it need not be done any more. */
  perform(step: SettleStep, run: TaskRun, outcome: Outcome): Promise<void> {
    // Of nearly every task this is all, so it is done without the frames of the others.
    return step === 'store-result' ? this.store(run, outcome) : this.continueCanvas(step, run, outcome);
  }

  private async continueCanvas(step: SettleStep, run: TaskRun, outcome: Outcome): Promise<void> {
    const { request } = run;
    const { idsOf } = this.deps;
    switch (step) {
      case 'publish-retry':
        return this.retry(run, outcome);
      case 'publish-replacement':
        return this.replace(run, outcome);
      case 'publish-callbacks':
        for (const plan of callbackPlans(request, resultOf(outcome), idsOf)) {
          await this.publish(plan, run, outcome);
        }
        return;
      case 'publish-chain': {
        const plan = chainPlan(request, resultOf(outcome), idsOf);
        if (plan !== null) await this.publish(plan, run, outcome);
        return;
      }
      case 'publish-errbacks':
        return this.deps.errbacks.call(
          request.embed.errbacks ?? [],
          request,
          errorOf(outcome),
          this.settling(run, outcome),
        );
      case 'run-hook':
        return runHook(run.definition.settings, new RunContext(run, this.deps.services), outcome);
      case 'fail-chain':
        return this.failChain(run, outcome);
      case 'return-chord-part':
        return this.deps.chords.giveBack(this.partOf(run, outcome), this.settling(run, outcome));
      default:
        return;
    }
  }

  /** The id is the task's own, so that a repeated publish is recognisably the same retry. */
  private async retry(run: TaskRun, outcome: Outcome): Promise<void> {
    if (outcome.kind !== 'RETRY') return;
    const { submission } = outcome.retry;
    await this.repeat('publish', run, outcome)(() => this.deps.services.sender.submit(submission));
    // As in Celery, whose retry is a task sent from within the task.
    run.children.push({ id: run.id, parent: null, results: null });
  }

  private async replace(run: TaskRun, outcome: Outcome): Promise<void> {
    if (outcome.kind !== 'REPLACED') return;
    const { onReplace } = run.definition.settings;
    const context = new RunContext(run, this.deps.services);
    const answered = await onReplace?.(context, outcome.replacement);
    const replacement = isCanvas(answered) ? answered : outcome.replacement;
    await this.publish(replacementPlan(replacement, run.request, this.deps.idsOf), run, outcome);
  }

  private async publish(plan: CanvasPlan, run: TaskRun, outcome: Outcome): Promise<void> {
    await this.deps.services.canvas.publish(plan, undefined, this.repeat('publish', run, outcome));
    run.children.push(...plan.trail);
  }

  private store(run: TaskRun, outcome: Outcome): Promise<void> {
    const { attempts, services } = this.deps;
    const meta = resultMeta(run, outcome, services.clock.now());
    return attempts.value(
      'store-result',
      run.id,
      () => services.results.storeResult(run.request, meta),
      () => isVoid(outcome, run.delivery.lost),
    );
  }

  /** Chords are told even where results are ignored: their bodies wait. */
  private async failChain(run: TaskRun, outcome: Outcome): Promise<void> {
    const { services, failures, chords } = this.deps;
    const stores = services.storesResults && !run.ignoresResult;
    const settling = this.settling(run, outcome);
    const owed = await failures.failChain(run.request.embed.chain ?? [], errorOf(outcome), stores, settling);
    await chords.giveBack(owed, settling);
  }

  private partOf({ request }: TaskRun, outcome: Outcome): readonly OwedPart[] {
    const { id: taskId, group: groupId, groupIndex, embed } = request;
    if (embed.chord === null || groupId === null) return [];
    const { status: state, result } = resultMeta({ request, children: [] }, outcome, 0);
    return [{ part: { taskId, groupId, groupIndex, state, result }, body: embed.chord }];
  }

  private settling(run: TaskRun, outcome: Outcome): Settling {
    return {
      request: run.request,
      repeat: this.repeat('continue the canvas', run, outcome),
      context: () => new RunContext(run, this.deps.services),
    };
  }

  private repeat(what: string, run: TaskRun, outcome: Outcome): Repeat {
    const unwanted = (): boolean => isVoid(outcome, run.delivery.lost);
    return (action) => this.deps.attempts.value(what, run.id, action, unwanted);
  }
}

const isCanvas = (value: unknown): value is Canvas =>
  typeof value === 'object' && value !== null && 'task' in value && typeof value.task === 'string';

const resultOf = (outcome: Outcome): unknown => (outcome.kind === 'SUCCESS' ? (outcome.value ?? null) : null);

const errorOf = (outcome: Outcome): unknown => {
  if (outcome.kind === 'FAILURE') return outcome.error;
  return rejected(outcome.kind === 'REJECTED' ? outcome.reason : '');
};
