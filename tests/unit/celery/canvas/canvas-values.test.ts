import { type Canvas, canvas, type StampingVisitor, TaskError } from '../../../../celery';

const { chain, chord, group, s, si } = canvas;

const problem = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    if (error instanceof TaskError) return { code: error.code, message: error.message };
    throw error;
  }
};

describe('canvas.fromDict', () => {
  it('fills in what a signature lacks', () => {
    expect(canvas.fromDict({ task: 'a' })).toEqual({
      task: 'a',
      args: [],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
    });
  });

  it('keeps the size a chord body carries', () => {
    expect(canvas.fromDict({ ...s('a'), chord_size: 3 })).toEqual({ ...s('a'), chord_size: 3 });
  });

  it('goes by subtask_type and not by the task name', () => {
    const read = canvas.fromDict({ task: 'celery.chain', kwargs: { tasks: [] } });
    expect(canvas.isChain(read)).toBe(false);
  });

  it.each([
    ['xmap', 'celery.map', { task: s('a'), it: [1] }],
    ['xstarmap', 'celery.starmap', { task: s('a'), it: [[1]] }],
    ['chunks', 'celery.chunks', { task: s('a'), it: [[1]], n: 1 }],
  ])('reads %s as the built-in task it is sent as', (subtask_type, task, kwargs) => {
    expect(canvas.fromDict({ task: 'whatever', kwargs, subtask_type })).toEqual({
      task,
      args: [],
      kwargs,
      options: {},
      subtask_type: null,
      immutable: true,
    });
  });

  it('takes a chord header in a group signature apart', () => {
    const read = canvas.fromDict({
      ...chord([], s('body')),
      kwargs: { header: group(s('a'), s('b')), body: s('body') },
    });
    expect(read).toEqual(chord([s('a'), s('b')], s('body')));
  });

  it.each([
    ['no mapping', 'a', 'a signature is a mapping with a task'],
    ['a mapping without a task', { args: [] }, 'a signature is a mapping with a task'],
    ['an unknown subtask_type', { task: 'a', subtask_type: 'x' }, 'the subtask_type "x" is not known'],
    ['tasks that are no list', { ...chain(), kwargs: { tasks: 1 } }, 'kwargs.tasks is no list'],
    ['arguments that are no list', { task: 'a', args: 'ab' }, 'args is no list'],
    ['options that are no mapping', { task: 'a', options: [] }, 'options are no mapping'],
    ['a bad member', { ...group(), kwargs: { tasks: [1] } }, 'a signature is a mapping with a task'],
  ])('refuses %s', (_, value, detail) => {
    expect(problem(() => canvas.fromDict(value))).toEqual({
      code: 'TASK_INVALID',
      message: `the canvas cannot be built or sent: ${detail}`,
    });
  });

  it('refuses nesting that no reader would take', () => {
    let deep: Canvas = s('a');
    for (let level = 0; level < 60; level += 1) deep = { ...group(), kwargs: { tasks: [deep] } } as Canvas;
    expect(problem(() => canvas.fromDict(deep))).toMatchObject({ code: 'TASK_INVALID' });
  });
});

describe('canvas.stamp', () => {
  it('shows each visited signature and what was handed down to it', () => {
    const seen: unknown[] = [];
    const visitor: StampingVisitor = {
      onSignature: ({ task }, stamps) => {
        seen.push([task, stamps.at]);
        return undefined;
      },
      onChordHeaderStart: () => ({ at: 'header' }),
      onChordBody: ({ kwargs }) => {
        seen.push(['body of', kwargs.body?.task]);
        return {};
      },
      onChordHeaderEnd: () => {
        seen.push(['header done', null]);
      },
    };
    canvas.stamp(chord([s('a'), s('b')], s('c')), {}, { visitor });
    expect(seen).toEqual([
      ['a', 'header'],
      ['b', 'header'],
      ['header done', null],
      ['body of', 'c'],
      ['c', 'header'],
    ]);
  });

  it('leaves lists of the caller and of the visitor as they are', () => {
    const stamps = { where: ['here'] };
    const answer = { where: ['there'] };
    const stamped = canvas.stamp(s('a'), stamps, { visitor: { onSignature: () => answer }, append: true });
    expect(stamped.options.where).toEqual(['here', 'there']);
    expect([stamps, answer]).toEqual([{ where: ['here'] }, { where: ['there'] }]);
  });
});

describe('canvas.chordSize', () => {
  it.each([
    ['a task', s('a'), 1],
    ['a group', group(s('a'), group(s('b'), s('c'))), 3],
    ['a chain, by its last step that counts', chain(s('a'), group(s('b'), s('c'))), 2],
    ['an empty chain', chain(), 0],
    ['a chord, by its body', chord([s('a'), s('b')], s('c')), 1],
  ])('counts %s', (_, sig, size) => {
    expect(canvas.chordSize(sig)).toBe(size);
  });
});

describe('canvas.chunksGroup', () => {
  it.each([0, 1.5, Number.NaN])('refuses parts of %p', (n) => {
    expect(problem(() => canvas.chunksGroup(canvas.chunks(s('a'), [[1]], n)))).toMatchObject({
      code: 'TASK_INVALID',
    });
  });
});

describe('result tuples', () => {
  it('are read back as they were', () => {
    const context = { newId: () => 'id', replyTo: 'oid' };
    const { result } = canvas.freeze(chain(s('a'), group(s('b'), s('c'))), {}, context);
    expect(canvas.resultFromTuple(canvas.resultTuple(result))).toEqual(result);
  });

  it('may have an id alone where others have an id and a parent', () => {
    expect(canvas.resultFromTuple(['id', null])).toEqual({ id: 'id', parent: null, results: null });
  });
});

describe('options in both spellings', () => {
  it('say the same', () => {
    const options = {
      taskId: 't',
      countdownSeconds: 5,
      timeLimitSeconds: 9,
      link: [si('note')],
      stampedHeaders: ['mark'],
      stamps: { mark: 1 },
    };
    expect(canvas.taskOptionsOf(canvas.signatureOptionsOf(options))).toEqual(options);
  });

  it('leave out what is null, and what only steers Python', () => {
    expect(canvas.taskOptionsOf({ queue: null, retry_policy: {}, add_to_parent: false })).toEqual({});
  });

  it('make a list of a single callback', () => {
    expect(canvas.taskOptionsOf({ link: s('a') })).toEqual({ link: [s('a')] });
  });
});
