import { canvas, type Signature, type TaskMeta } from '../../../../celery';
import type { Join } from '../../../../celery/chords/join';
import { dependencyFailed, notStarted } from '../../../../celery/chords/join-failure';
import { derivedIds } from '../../../../celery/protocol';

const { chain, chord, group, s, set } = canvas;
const named = (name: string): Signature => set(s(name), { task_id: name, reply_to: 'results' });

const culprit: TaskMeta = {
  status: 'FAILURE',
  result: { exc_type: 'ValueError', exc_message: ['bad', 1], exc_module: 'builtins' },
  traceback: 'Traceback (most recent call last):\nValueError: bad\n',
  children: [],
  date_done: null,
  task_id: 'culprit',
};

const frozen = (sig: Signature): Signature => {
  const context = { newId: derivedIds('f'), replyTo: 'results' };
  const step = canvas.planCanvas(chord([s('h')], canvas.fromDict(sig)), {}, context).steps[0];
  return step?.kind === 'chord' ? step.body : sig;
};

const joinOf = (
  signature: Signature,
  kind: Join['kind'] = 'chord',
  after: readonly Signature[] = [],
): Join => ({
  kind,
  id: 'join',
  awaits: [],
  next: [{ signature, chain: after }],
  replyTo: 'results',
  rootId: null,
  begunAt: 0,
});

describe('a join that cannot go on', () => {
  test('a task as body gets ChordError after the traceback of its cause, and its errbacks are due', () => {
    const body = canvas.linkError(canvas.fromDict(named('body')), s('errback'));
    const { failed, errbacks } = dependencyFailed(joinOf(body), culprit);
    expect(failed).toEqual([
      {
        taskId: 'body',
        replyTo: 'results',
        result: {
          exc_type: 'ChordError',
          exc_message: ["Dependency culprit raised ValueError('bad', 1)"],
          exc_module: 'celery.exceptions',
        },
        traceback: expect.stringMatching(
          /^Traceback.*ValueError: bad.*direct cause.*celery\.exceptions\.ChordError: Dep/s,
        ),
      },
    ]);
    expect(errbacks).toEqual([{ taskId: 'body', errbacks: [expect.objectContaining({ task: 'errback' })] }]);
  });

  test('each task of a group as body fails with what the header task raised', () => {
    const body = frozen(group(canvas.fromDict(named('one')), canvas.fromDict(named('two'))));
    const { failed } = dependencyFailed(joinOf(body), culprit);
    expect(failed.map(({ taskId }) => taskId).slice(0, 2)).toEqual(['one', 'two']);
    expect(failed.every(({ result }) => result === culprit.result)).toBe(true);
  });

  test('the last task of a chain, and the body of a chord, fail with their chord: their callers do not wait in vain', () => {
    const last = dependencyFailed(joinOf(frozen(chain(s('x'), canvas.fromDict(named('last'))))), culprit);
    expect(last.failed.map(({ taskId }) => taskId)).toContain('last');
    const inner = dependencyFailed(joinOf(frozen(chord([s('x')], canvas.fromDict(named('inner'))))), culprit);
    expect(inner.failed.map(({ taskId }) => taskId)).toContain('inner');
  });

  test('later steps take over the failure, a revoked one fails none, callbacks are not called', () => {
    const after = [named('after')];
    const step = chord([s('x')], canvas.fromDict(named('of-step')));
    const failedIds = (join: Join, meta: TaskMeta): string[] =>
      dependencyFailed(join, meta).failed.map(({ taskId }) => taskId);
    expect(failedIds(joinOf(step, 'step', after), culprit)).toEqual(['after', 'of-step']);
    expect(failedIds(joinOf(step, 'step', after), { ...culprit, status: 'REVOKED' })).toEqual([]);
    expect(failedIds(joinOf(step, 'callback'), culprit)).toEqual([]);
  });

  test('what cannot be sent is a callback error', () => {
    const { failed } = notStarted(joinOf(named('body')), new TypeError('no such queue'));
    expect(failed[0]?.result).toMatchObject({ exc_message: ["Callback error: TypeError('no such queue')"] });
  });
});
