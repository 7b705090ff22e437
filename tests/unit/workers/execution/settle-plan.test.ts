import { canvas } from '../../../../celery/protocol';
import { type Outcome, Retry, type SettleFacts, settlePlan } from '../../../../workers/execution';

const facts = (changes: Partial<SettleFacts> = {}): SettleFacts => ({
  acksLate: true,
  acksOnFailureOrTimeout: true,
  rejectOnWorkerLost: false,
  storesResult: true,
  hasCallbacks: true,
  hasChain: true,
  hasErrbacks: true,
  hasChord: true,
  hasHook: false,
  ...changes,
});
const success: Outcome = { kind: 'SUCCESS', value: 1, runtimeSeconds: 0 };
const failed: Outcome = { kind: 'FAILURE', error: new Error('x'), timedOut: false };
const timedOut: Outcome = { kind: 'FAILURE', error: new Error('x'), timedOut: true };
const lost: Outcome = { kind: 'FAILURE', error: new Error('x'), timedOut: false, workerLost: true };
const retry: Outcome = { kind: 'RETRY', retry: new Retry('Retry in 1s', { name: 't' }) };
const revoked: Outcome = { kind: 'REVOKED', reason: 'revoked', signum: null };
const replaced: Outcome = { kind: 'REPLACED', replacement: canvas.s('t.other') };
const reject = (requeue: boolean): Outcome => ({ kind: 'REJECTED', reason: 'no', requeue });
const FAILURE_STEPS = ['store-result', 'return-chord-part', 'fail-chain', 'publish-errbacks'];

describe('settlePlan', () => {
  test.each<[string, Outcome, string, string]>([
    ['a success', success, 'return-chord-part', 'ack'],
    ['a failure', failed, 'publish-errbacks', 'ack'],
    ['a retry', retry, 'store-result', 'ack'],
  ])(
    'the hook of %s runs once its result is stored and before the acknowledgement',
    (_end, outcome, before, after) => {
      const plan: readonly string[] = settlePlan(outcome, facts({ hasHook: true }));
      expect(plan.slice(plan.indexOf('run-hook') - 1, plan.indexOf('run-hook') + 2)).toEqual([
        before,
        'run-hook',
        after,
      ]);
    },
  );

  test('no hook hears of a failure that is handed back for another run', () => {
    const plan = settlePlan(lost, facts({ hasHook: true, rejectOnWorkerLost: true }));
    expect(plan).not.toContain('run-hook');
  });

  test.each<[string, Outcome, Partial<SettleFacts>, readonly string[]]>([
    [
      'a success sends what comes next, then stores, then acknowledges',
      success,
      {},
      ['publish-callbacks', 'publish-chain', 'store-result', 'return-chord-part', 'ack', 'event'],
    ],
    [
      'an early-acknowledged success without canvas or results only announces',
      success,
      { acksLate: false, storesResult: false, hasCallbacks: false, hasChain: false, hasChord: false },
      ['event'],
    ],
    [
      'a replaced task sends what replaces it, then acknowledges',
      replaced,
      {},
      ['publish-replacement', 'ack'],
    ],
    [
      'a replaced task acknowledged early only sends what replaces it',
      replaced,
      { acksLate: false },
      ['publish-replacement'],
    ],
    ['a failure stores before its errbacks and its ack', failed, {}, [...FAILURE_STEPS, 'ack', 'event']],
    [
      'a failure of a task that does not ack on failure is dead-lettered',
      failed,
      { acksOnFailureOrTimeout: false },
      [...FAILURE_STEPS, 'reject', 'event-rejected', 'event'],
    ],
    [
      'a time-out of a task that does not ack on failure is handed back',
      timedOut,
      { acksOnFailureOrTimeout: false },
      [...FAILURE_STEPS, 'requeue', 'event-requeued', 'event'],
    ],
    ['a lost worker fails the task and acknowledges it', lost, {}, [...FAILURE_STEPS, 'ack', 'event']],
    [
      'a lost worker hands the task back where that is asked for, and nobody is told of a failure',
      lost,
      { rejectOnWorkerLost: true },
      ['requeue', 'event-requeued'],
    ],
    [
      'a lost worker cannot hand back what was acknowledged early',
      lost,
      { rejectOnWorkerLost: true, acksLate: false },
      [...FAILURE_STEPS, 'event'],
    ],
    [
      'handing back on a lost worker concerns no other failure',
      failed,
      { rejectOnWorkerLost: true },
      [...FAILURE_STEPS, 'ack', 'event'],
    ],
    [
      'a failure acknowledged early is not answered again',
      failed,
      { acksLate: false },
      [...FAILURE_STEPS, 'event'],
    ],
    [
      'a retry is published before RETRY is stored and the old message acknowledged',
      retry,
      {},
      ['publish-retry', 'store-result', 'ack', 'event'],
    ],
    [
      'a revoke calls no errback, and is acknowledged even by an early task',
      revoked,
      { acksLate: false },
      ['event', 'store-result', 'return-chord-part', 'ack'],
    ],
    [
      'a reject without requeue fails the task and tells the broker last',
      reject(false),
      {},
      [...FAILURE_STEPS, 'event', 'reject', 'event-rejected'],
    ],
    ['a reject with requeue stores nothing', reject(true), {}, ['requeue', 'event-requeued']],
    ['a reject of an early-acknowledged task cannot reach the broker', reject(true), { acksLate: false }, []],
    ['an ignored task is only acknowledged', { kind: 'IGNORED' }, {}, ['ack']],
    [
      'an ignored result is not stored, the rest happens',
      success,
      { storesResult: false },
      ['publish-callbacks', 'publish-chain', 'return-chord-part', 'ack', 'event'],
    ],
  ])('%s', (_name, outcome, changes, steps) => {
    expect(settlePlan(outcome, facts(changes))).toEqual(steps);
  });
});
