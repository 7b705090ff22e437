import type { Outcome, OutcomeKind } from './outcome';

/** One side effect of settling a task. */
export type SettleStep =
  | 'publish-retry'
  | 'publish-replacement'
  | 'publish-callbacks'
  | 'publish-chain'
  | 'store-result'
  | 'return-chord-part'
  | 'fail-chain'
  | 'publish-errbacks'
  | 'run-hook'
  | 'dead-letter'
  | 'ack'
  | 'reject'
  | 'requeue'
  | 'event'
  | 'event-rejected'
  | 'event-requeued';

/** What the plan depends on beside the outcome. */
export interface SettleFacts {
  readonly acksLate: boolean;
  readonly acksOnFailureOrTimeout: boolean;
  readonly rejectOnWorkerLost: boolean;
  readonly storesResult: boolean;
  readonly hasCallbacks: boolean;
  readonly hasChain: boolean;
  readonly hasErrbacks: boolean;
  readonly hasChord: boolean;
  /** Failures go to the dead letters (`deadLetterFailures`). */
  readonly deadLettersFailures?: boolean;
  /** The task wants to be told of this kind of end. */
  readonly hasHook: boolean;
}

const FAILED = ['store-result', 'return-chord-part', 'fail-chain', 'publish-errbacks'] as const;

/**
 * The order of side effects for each outcome, of which `settlePlan` keeps what applies. What others build on (next step,
 * result) comes before the acknowledgement: a crash in between repeats work and never loses it. Mirrors
 * celery/app/trace.py `trace_task`, celery/worker/request.py `on_success`, `on_failure`, `on_retry`, `_announce_revoked`
 * and celery/backends/base.py `mark_as_failure`.
 */
export const SETTLE_ORDER: Readonly<Record<OutcomeKind, readonly SettleStep[]>> = {
  SUCCESS: [
    'publish-callbacks',
    'publish-chain',
    'store-result',
    'return-chord-part',
    'run-hook',
    'ack',
    'event',
  ],
  FAILURE: [
    ...FAILED,
    'run-hook',
    'dead-letter',
    'ack',
    'reject',
    'event-rejected',
    'requeue',
    'event-requeued',
    'event',
  ],
  RETRY: ['publish-retry', 'store-result', 'run-hook', 'ack', 'event'],
  REVOKED: ['event', 'store-result', 'return-chord-part', 'ack'],
  REJECTED: [...FAILED, 'event', 'reject', 'event-rejected', 'requeue', 'event-requeued'],
  REPLACED: ['publish-replacement', 'ack'],
  IGNORED: ['ack'],
};

/** Plans by what they depend on: there are few, and each task needs one. */
const PLANS = new Map<number, readonly SettleStep[]>();
const KINDS = Object.keys(SETTLE_ORDER);

/** The steps that settle this outcome, in order. Pure. */
export function settlePlan(outcome: Outcome, facts: SettleFacts): readonly SettleStep[] {
  const key = keyOf(outcome, facts);
  const known = PLANS.get(key);
  if (known !== undefined) return known;
  const plan = planFor(outcome, facts);
  PLANS.set(key, plan);
  return plan;
}

/** All that {@link planFor} looks at, a bit each. */
function keyOf(outcome: Outcome, facts: SettleFacts): number {
  let key = KINDS.indexOf(outcome.kind);
  const add = (bit: boolean | undefined): void => {
    key = key * 2 + (bit === true ? 1 : 0);
  };
  add(outcome.kind === 'REJECTED' && outcome.requeue);
  add(outcome.kind === 'FAILURE' && outcome.workerLost);
  add(outcome.kind === 'FAILURE' && outcome.timedOut);
  add(facts.acksLate);
  add(facts.acksOnFailureOrTimeout);
  add(facts.rejectOnWorkerLost);
  add(facts.storesResult);
  add(facts.hasCallbacks);
  add(facts.hasChain);
  add(facts.hasErrbacks);
  add(facts.hasChord);
  add(facts.deadLettersFailures);
  add(facts.hasHook);
  return key;
}

function planFor(outcome: Outcome, facts: SettleFacts): readonly SettleStep[] {
  const answer = answerToBroker(outcome, facts);
  const returned = (outcome.kind === 'REJECTED' && outcome.requeue) || isHandedBack(outcome, facts);
  const applies: Record<SettleStep, boolean> = {
    'publish-retry': true,
    'publish-replacement': true,
    'publish-callbacks': facts.hasCallbacks,
    'publish-chain': facts.hasChain,
    'store-result': facts.storesResult && !returned,
    'return-chord-part': facts.hasChord && !returned,
    'fail-chain': facts.hasChain && !returned,
    'publish-errbacks': facts.hasErrbacks && !returned,
    'run-hook': facts.hasHook && !returned,
    // A message that is rejected is dead-lettered by the broker itself.
    'dead-letter':
      facts.deadLettersFailures === true && !returned && answer !== 'reject' && answer !== 'requeue',
    ack: answer === 'ack',
    reject: answer === 'reject',
    requeue: answer === 'requeue',
    // A message handed back ends no task: another run will.
    event: !returned,
    // Every message refused is announced (celery/worker/request.py `reject`).
    'event-rejected': answer === 'reject',
    'event-requeued': answer === 'requeue',
  };
  return SETTLE_ORDER[outcome.kind].filter((step) => applies[step]);
}

/**
 * Nothing is done about these outcomes once the broker has taken the message back (`lost`): it delivers it again, and that run
 * decides. A failure or a retry is often the very outage that lost the message; a success is worth keeping, and a revoked
 * task is not run again. Celery keeps all of them, and a caller sees a FAILURE of a task that later succeeds.
 */
export const isVoid = (outcome: Outcome, lost: boolean): boolean =>
  lost && outcome.kind !== 'SUCCESS' && outcome.kind !== 'REVOKED';

/** A late-acknowledged task whose thread died of no fault of its own may run again (`reject_on_worker_lost`). */
const isHandedBack = (outcome: Outcome, facts: SettleFacts): boolean =>
  outcome.kind === 'FAILURE' && outcome.workerLost === true && facts.acksLate && facts.rejectOnWorkerLost;

/** What the broker is told; null when it was told at accept (early acknowledgement). */
function answerToBroker(outcome: Outcome, facts: SettleFacts): 'ack' | 'reject' | 'requeue' | null {
  // A task revoked before it ran was not accepted, so its message is still unanswered whatever `acksLate` says; the
  // settler answers each message once.
  if (outcome.kind === 'REVOKED') return 'ack';
  if (!facts.acksLate) return null;
  if (outcome.kind === 'REJECTED') return outcome.requeue ? 'requeue' : 'reject';
  if (isHandedBack(outcome, facts)) return 'requeue';
  if (outcome.kind === 'FAILURE' && !facts.acksOnFailureOrTimeout) {
    return outcome.timedOut ? 'requeue' : 'reject';
  }
  return 'ack';
}
