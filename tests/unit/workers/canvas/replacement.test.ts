import { canvas } from '../../../../celery/protocol';
import { chordMember, replacementOf } from '../../../../workers/canvas';
import { countedIds, taskRequest } from './task-request';

const { chain, chord, group, s } = canvas;

const replaced = (
  replacement: canvas.Canvas,
  embed: Parameters<typeof taskRequest>[0] = {},
  parts: Parameters<typeof taskRequest>[1] = {},
) => replacementOf(taskRequest(embed, parts), replacement, countedIds());

describe('the canvas that replaces a task', () => {
  it('has its id, its reply queue, its chord, and one level of nesting more', () => {
    const parts = { group: 'g', groupIndex: 2, replacedTaskNesting: 1 };
    const { options } = replaced(s('t.new'), { chord: s('t.body') }, parts);
    expect(options).toMatchObject({
      task_id: 'self',
      reply_to: 'caller',
      root_id: 'root',
      group_id: 'g',
      group_index: 2,
      chord: { task: 't.body' },
      replaced_task_nesting: 2,
    });
  });

  it('calls the callbacks and errbacks of the task, after its own', () => {
    const own = canvas.link(s('t.new'), s('t.own'));
    const { options } = replaced(own, { callbacks: [s('t.cb')], errbacks: [s('t.eb')] });
    expect(options.link).toMatchObject([{ task: 't.own' }, { task: 't.cb' }]);
    expect(options.link_error).toMatchObject([{ task: 't.eb' }]);
  });

  it('of a chain has the id at its last step, which gets the callbacks', () => {
    const sig = replaced(chain(s('t.a'), s('t.b')), { callbacks: [s('t.cb')] });
    expect(canvas.isChain(sig) && sig.kwargs.tasks).toMatchObject([
      { task: 't.a', options: { replaced_task_nesting: 1 } },
      { task: 't.b', options: { task_id: 'self', replaced_task_nesting: 1, link: [{ task: 't.cb' }] } },
    ]);
    expect(sig.options.link).toBeUndefined();
  });

  it('of a group becomes a chord that gives the first of the list it is', () => {
    const sig = replaced(group(s('t.a'), s('t.b')));
    if (!canvas.isChord(sig)) throw new Error('no chord');
    expect(sig.kwargs.body).toMatchObject({
      task: 'celery.accumulate',
      kwargs: { index: 0 },
      options: { task_id: 'self' },
    });
  });

  it('of a chain that ends in a group becomes one that ends in such a chord', () => {
    const sig = replaced(chain(s('t.a'), group(s('t.b'), s('t.c'))));
    const last = canvas.isChain(sig) ? sig.kwargs.tasks.at(-1) : undefined;
    expect(last).toMatchObject({ subtask_type: 'chord', kwargs: { body: { task: 'celery.accumulate' } } });
  });

  it('of a chord has the id at its body', () => {
    const sig = replaced(chord([s('t.a')], s('t.b')));
    expect(canvas.isChord(sig) && sig.kwargs.body?.options.task_id).toBe('self');
  });

  it('goes on with the rest of the chain, which keeps its ids', () => {
    const rest = [canvas.set(s('t.last'), { task_id: 'last' }), canvas.set(s('t.next'), { task_id: 'next' })];
    const sig = replaced(s('t.new'), { chain: rest });
    expect(canvas.isChain(sig) && sig.kwargs.tasks.map(({ options }) => options.task_id)).toEqual([
      'self',
      'next',
      'last',
    ]);
  });

  it('keeps its own stamps', () => {
    const { options } = replaced(canvas.stamp(s('t.new'), { owner: 'me' }), {}, { stamps: { other: 1 } });
    expect(options).toMatchObject({ stamped_headers: ['owner'], owner: 'me' });
  });

  it('must not be an empty chain, nor in a chord of its own', () => {
    expect(() => replaced(chain())).toThrow(expect.objectContaining({ excType: 'ImproperlyConfigured' }));
    expect(() => replaced(canvas.set(s('t.new'), { chord: s('t.b') }))).toThrow(
      expect.objectContaining({ excType: 'ImproperlyConfigured' }),
    );
  });
});

describe('a member added to the chord of a task', () => {
  it('has the group, index and body of the task, and an id of its own', () => {
    const request = taskRequest({ chord: s('t.body') }, { group: 'g', groupIndex: 3 });
    expect(chordMember(request, s('t.more'), countedIds()).options).toMatchObject({
      task_id: 'id1',
      group_id: 'g',
      group_index: 3,
      root_id: 'root',
      chord: { task: 't.body' },
    });
  });

  it('needs a chord', () => {
    expect(() => chordMember(taskRequest(), s('t.more'), countedIds())).toThrow(
      expect.objectContaining({ excType: 'ValueError' }),
    );
  });
});
