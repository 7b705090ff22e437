import type { CanvasResult } from '../../../../celery/protocol';
import { chordValues, type ReturnedPart } from '../../../../celery/results';

const task = (id: string): CanvasResult => ({ id, parent: null, results: null });
const group = (id: string, ...results: readonly CanvasResult[]): CanvasResult => ({
  id,
  parent: null,
  results,
});
const done = (taskId: string, result: unknown): ReturnedPart => ({ taskId, state: 'SUCCESS', result });
const failed = (taskId: string, message: string): ReturnedPart => ({
  taskId,
  state: 'FAILURE',
  result: { exc_type: 'ValueError', exc_message: [message], exc_module: 'builtins' },
});
const nothing = async (): Promise<null> => null;

describe('chordValues', () => {
  it('gives a plain header its results as they come', async () => {
    const joined = await chordValues({ header: null, parts: [done('a', 1), done('b', [2])] }, nothing);
    expect(joined).toEqual({ kind: 'values', values: [1, [2]] });
  });

  it('says of the first failed part which one it was and what it raised, as Celery does', async () => {
    const parts = [done('a', 1), failed('b', 'bad'), failed('c', 'worse')];
    expect(await chordValues({ header: null, parts }, nothing)).toMatchObject({
      kind: 'failed',
      reason: "Dependency b raised ValueError('bad')",
      cause: { excType: 'ValueError' },
    });
  });

  it('a revoked part fails the chord', async () => {
    const result = {
      exc_type: 'TaskRevokedError',
      exc_message: ['expired'],
      exc_module: 'celery.exceptions',
    };
    const parts = [{ taskId: 'a', state: 'REVOKED', result }];
    expect(await chordValues({ header: null, parts }, nothing)).toMatchObject({
      reason: "Dependency a raised TaskRevokedError('expired')",
    });
  });

  it('gives groups in a header back as lists, at every depth, whatever order their parts came in', async () => {
    const header = group('g', task('a'), group('h', task('b'), group('i', task('c'))), task('d'));
    const parts = [done('d', 4), done('c', 3), done('b', 2), done('a', 1)];
    expect(await chordValues({ header, parts }, nothing)).toEqual({
      kind: 'values',
      values: [1, [2, [3]], 4],
    });
  });

  it('reads the stored result where no part of the task came', async () => {
    const header = group('g', task('a'), task('b'));
    const read = async (task_id: string) => ({
      status: 'SUCCESS',
      result: `stored ${task_id}`,
      traceback: null,
      children: [],
      date_done: null,
      task_id,
    });
    const joined = await chordValues({ header, parts: [done('a', 1)] }, read);
    expect(joined).toEqual({ kind: 'values', values: [1, 'stored b'] });
    expect(await chordValues({ header, parts: [done('a', 1)] }, nothing)).toMatchObject({
      reason: expect.stringContaining('Join error: TimeoutError('),
    });
  });

  it('words a failure within a structured header as Celery does', async () => {
    const header = group('g', task('a'), group('h', task('b')));
    const parts = [failed('a', 'outer'), failed('b', 'inner')];
    expect(await chordValues({ header, parts }, nothing)).toMatchObject({
      kind: 'failed',
      reason: "Join error: ValueError('inner')",
    });
  });

  it("hands the error of an inner chord's body up as it is, as Celery does", async () => {
    const header = group('g', group('h', task('a')), task('body of an inner chord'));
    const message = "Dependency b raised ValueError('bad')";
    const result = { exc_type: 'ChordError', exc_module: 'celery.exceptions', exc_message: [message] };
    const parts = [done('a', 1), { taskId: 'body of an inner chord', state: 'FAILURE', result }];
    expect(await chordValues({ header, parts }, nothing)).toMatchObject({ kind: 'failed', reason: message });
  });
});
