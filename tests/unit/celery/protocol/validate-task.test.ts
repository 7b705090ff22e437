import { TaskError, type TaskProblem } from '../../../../celery/errors';
import { type TaskOptions, validateTask } from '../../../../celery/protocol';

const problemsOf = (
  task: Parameters<typeof validateTask>[0],
  options: unknown = {},
): readonly TaskProblem[] => {
  try {
    validateTask(task, options as TaskOptions);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    expect(error.code).toBe('TASK_INVALID');
    return error.details.errors as readonly TaskProblem[];
  }
  return [];
};
const argument = (value: unknown): readonly TaskProblem[] =>
  problemsOf({ name: 'tasks.add', args: [value], kwargs: {} });
const pointersOf = (problems: readonly TaskProblem[]): readonly string[] =>
  problems.map(({ pointer }) => pointer);
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
};

describe('validateTask', () => {
  test('accepts all JSON has, bigint, dates and bytes', () => {
    const args = [1, -0.5, 'naïve 🎉', null, true, [{ a: [] }], 2n ** 80n, new Date(0), Buffer.from('x')];
    expect(problemsOf({ name: 'tasks.add', id: 'a', args, kwargs: { absent: undefined } })).toEqual([]);
  });

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['an inexact integer', 2 ** 53],
    ['a lone surrogate', 'a\ud800'],
    ['NUL', 'a\0b'],
    ['a function', () => 1],
    ['undefined', undefined],
    ['a symbol', Symbol('x')],
    ['a class instance', new Map()],
    ['an invalid date', new Date(Number.NaN)],
  ])('refuses %s', (_name, value) => {
    expect(pointersOf(argument(value))).toEqual(['/args/0']);
  });

  test.each(['__proto__', 'constructor', 'prototype'])(
    'refuses the key %s at any depth, with a pointer',
    (key) => {
      const hostile: unknown = JSON.parse(`{"a/b":[{"~":{"${key}":1}}]}`);
      expect(pointersOf(argument(hostile))).toEqual([`/args/0/a~1b/0/~0/${key}`]);
    },
  );

  test('32 levels are accepted, 33 are not', () => {
    expect(problemsOf({ name: 'tasks.add', args: nested(32) })).toEqual([]);
    expect(problemsOf({ name: 'tasks.add', args: nested(33) })).toHaveLength(1);
  });

  test('200,000 levels are refused without overflowing the stack', () => {
    expect(argument(nested(200_000))).toHaveLength(1);
  });

  test('tells all problems at once', () => {
    const options = {
      priority: 256,
      queue: '',
      eta: 'tomorrow',
      timeLimitSeconds: -1,
      headers: { id: 'x', ok: '\0' },
    };
    const problems = problemsOf({ name: '1bad name', id: '', args: 'text', kwargs: [1] }, options);
    expect(new Set(pointersOf(problems))).toEqual(
      new Set([
        '/name',
        '/id',
        '/args',
        '/kwargs',
        '/options/priority',
        '/options/queue',
        '/options/eta',
        '/options/timeLimitSeconds',
        '/options/headers/id',
        '/options/headers/ok',
      ]),
    );
  });

  test('a thousand problems make a bounded answer', () => {
    expect(argument(new Array(1000).fill(Number.NaN))).toHaveLength(100);
  });

  test.each([
    ['taskId', 'é'.repeat(128)],
    ['expires', 'junk'],
    ['expires', Number.NaN],
    ['countdownSeconds', -1],
    ['retries', 1.5],
    ['groupIndex', 2 ** 31],
    ['serializer', 'pickle'],
    ['compression', 'bzip2'],
    ['deliveryMode', 3],
    ['ignoreResult', 'yes'],
    ['shadow', '\ud800'],
    ['argsrepr', 'x'.repeat(9000)],
    ['link', [{ task: 'not a name' }]],
    ['chord', {}],
    ['stampedHeaders', ['']],
  ])('refuses %s = %p', (option, value) => {
    const [pointer] = pointersOf(problemsOf({ name: 'tasks.add' }, { [option]: value }));
    expect(pointer).toMatch(new RegExp(`^/options/${option}`));
  });
});
