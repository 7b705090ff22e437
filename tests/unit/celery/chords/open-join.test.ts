import fc from 'fast-check';
import type { TaskMeta } from '../../../../celery';
import { type Awaited, decodeJoin, encodeJoin, type Join, tasksOf } from '../../../../celery/chords/join';
import { OpenJoin } from '../../../../celery/chords/open-join';
import { signature } from '../../../../celery/protocol';

const meta = (taskId: string, status: string): TaskMeta => ({
  status,
  result: status === 'SUCCESS' ? `value of ${taskId}` : { exc_type: 'E', exc_message: [], exc_module: 'm' },
  traceback: null,
  children: [],
  date_done: null,
  task_id: taskId,
});

const joinOf = (awaits: Awaited): Join => ({
  kind: 'chord',
  id: 'group',
  awaits,
  next: [{ signature: signature('body'), chain: [] }],
  replyTo: 'results',
  rootId: null,
  begunAt: 1,
});

/** Trees of awaited tasks, some with tasks before them; ids are their places in the tree. */
const shape = fc.letrec<{ readonly node: number | readonly unknown[] }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: 0, max: 3 }),
    fc.array(tie('node'), { maxLength: 4 }),
  ),
})).node;

const awaitedOf = (node: unknown, place: string): Awaited =>
  Array.isArray(node)
    ? node.map((member, index) => awaitedOf(member, `${place}.${index}`))
    : { id: place, after: Array.from({ length: node as number }, (_, index) => `${place} before ${index}`) };

const valueAt = (node: unknown, place: string): unknown =>
  Array.isArray(node)
    ? node.map((member, index) => valueAt(member, `${place}.${index}`))
    : `value of ${place}`;

describe('an open join', () => {
  test('is complete with the last report, whatever the order and however often each comes, and keeps the shape', () => {
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        (node, dice) => {
          const awaits = awaitedOf(node, 'r');
          const ids = tasksOf(awaits).map(({ id }) => id);
          fc.pre(ids.length > 0);
          const open = new OpenJoin(decodeJoin(encodeJoin(joinOf(awaits))));
          const order = ids
            .map((id) => [id, dice.next().value as number] as const)
            .sort(([, a], [, b]) => a - b);
          for (const [id] of order) {
            expect(open.complete).toBe(false);
            open.note(meta(id, 'SUCCESS'));
            open.note(meta(order[0]?.[0] ?? id, 'SUCCESS'));
          }
          expect(open.complete).toBe(true);
          const metas = new Map(open.reporters.map((id) => [id, meta(id, 'SUCCESS')]));
          expect(open.outcome(metas)).toEqual({ kind: 'values', value: valueAt(node, 'r') });
        },
      ),
    );
  });

  test('reports the first failure in order, not the first to come', () => {
    const open = new OpenJoin(joinOf(['a', 'b', 'c'].map((id) => ({ id, after: [] }))));
    const metas = new Map(
      [meta('a', 'SUCCESS'), meta('b', 'REVOKED'), meta('c', 'FAILURE')].map((m) => [m.task_id, m]),
    );
    for (const id of ['c', 'b']) open.note(metas.get(id) as TaskMeta);
    expect(open.complete).toBe(false);
    open.note(metas.get('a') as TaskMeta);
    expect(open.outcome(metas)).toMatchObject({ kind: 'failed', culprit: { task_id: 'b' } });
  });

  test('does not wait for a task whose predecessor was revoked', () => {
    const open = new OpenJoin(joinOf([{ id: 'last', after: ['middle', 'first'] }]));
    open.note(meta('first', 'SUCCESS'));
    expect(open.complete).toBe(false);
    open.note(meta('middle', 'REVOKED'));
    expect(open.complete).toBe(true);
    expect(open.reporters).toEqual(['middle']);
    const metas = new Map([['middle', meta('middle', 'REVOKED')]]);
    expect(open.outcome(metas)).toMatchObject({ kind: 'failed', culprit: { task_id: 'middle' } });
  });

  test('names the awaited task where one before it in its chain failed', () => {
    const open = new OpenJoin(joinOf([{ id: 'last', after: ['middle', 'first'] }]));
    open.note(meta('middle', 'FAILURE'));
    const metas = new Map([['middle', meta('middle', 'FAILURE')]]);
    expect(open.outcome(metas)).toMatchObject({ kind: 'failed', culprit: { task_id: 'last' } });
  });

  test('a result that is kept nowhere any more is a failure', () => {
    const open = new OpenJoin(joinOf([{ id: 'gone', after: [] }]));
    open.note(meta('gone', 'SUCCESS'));
    expect(open.outcome(new Map())).toMatchObject({ kind: 'failed', culprit: { task_id: 'gone' } });
  });
});
