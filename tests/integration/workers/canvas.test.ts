import { randomUUID } from 'node:crypto';
import type { ChordCounter } from '../../../celery/client';
import { READY_STATES, type TaskMeta } from '../../../celery/protocol';
import { silentLogger } from '../../../runtime';
import { type Canvas, canvas, defineTask } from '../../../workers';
import { bootstrapWorker } from '../../../workers/bootstrap';
import { until, WorkerBench } from './worker-bench';

const { chain, chord, group, s, set, si } = canvas;

const add = (...args: readonly unknown[]): Canvas => s('t.add', ...args);

describe('canvases on a worker whose results go by rpc', () => {
  let bench: WorkerBench;
  const logger = silentLogger();
  const complaints = jest.spyOn(logger, 'error');
  const counted: string[] = [];
  const counter: ChordCounter = {
    begin: async ({ header }) => void counted.push(`begin ${header.results.length}`),
    setSize: async (_groupId, size) => void counted.push(`size ${size}`),
  };
  const replacements = new Map<string, Canvas>();
  const hooked: unknown[] = [];
  let change: (replacement: Canvas) => Canvas | undefined = () => undefined;

  const tasks = [
    defineTask('t.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
    defineTask('t.sum', { params: ['values'] }, (_context, { values }) =>
      (values as number[]).reduce((sum, value) => sum + value, 0),
    ),
    defineTask('t.fail', { params: ['*args'] }, () => {
      throw new RangeError('bad');
    }),
    defineTask('t.where', { params: ['*args'] }, ({ request }) => [
      request.replacedTaskNesting,
      request.replyTo,
    ]),
    defineTask('t.replace', { params: ['name'] }, (context, { name }) =>
      context.replace(replacements.get(String(name)) as Canvas),
    ),
    defineTask(
      't.hooked',
      {
        params: ['name'],
        onReplace: (_context, replacement) => {
          hooked.push(replacement.task);
          return change(replacement);
        },
      },
      (context, { name }) => context.replace(replacements.get(String(name)) as Canvas),
    ),
    defineTask('t.extend', { params: [] }, (context) => context.addToChord(add(1, 1))),
    defineTask(
      't.inline',
      { params: ['request', 'error', 'traceback'], errbackStyle: 'inline' },
      (_c, args) => {
        hooked.push([(args.request as { id: string }).id, String(args.error)]);
        throw new Error('an errback that fails');
      },
    ),
  ];

  beforeAll(async () => {
    bench = await WorkerBench.open('canvas');
    await bench.startWorker(tasks);
    const worker = bootstrapWorker({
      tasks,
      brokerUrls: [bench.vhost.url],
      resultBackend: 'rpc://',
      resultExpiresSeconds: 60,
      nodename: 'counting@test',
      queues: ['counting'],
      concurrency: 2,
      prefetchMultiplier: 4,
      taskEvents: false,
      logsTasks: false,
      mingle: false,
      logger,
      chordCounter: () => counter,
    });
    await worker.start();
    stopCounting = () => worker.stop();
  });
  let stopCounting = async (): Promise<void> => undefined;
  afterAll(async () => {
    await stopCounting();
    await bench.close();
  });

  const end = (id: string): Promise<TaskMeta> =>
    until(`the end of ${id}`, () => bench.metasOf(id).find(({ status }) => READY_STATES.has(status)), 30_000);
  const sent = async (
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
  ) => {
    const { taskId } = await bench.client.submit({ name, args, kwargs });
    return end(taskId);
  };
  const replacing = (replacement: Canvas, task = 't.replace'): Promise<string> => {
    const name = randomUUID();
    replacements.set(name, replacement);
    return bench.submit(task, [name]);
  };
  const error = (type: string, module: string, message: string) => ({
    status: 'FAILURE',
    result: { exc_type: type, exc_module: module, exc_message: [message] },
  });

  describe("Celery's own tasks", () => {
    const task = s('t.add');
    const pairs = [
      [1, 2],
      [3, 4],
    ];

    test.each<readonly [string, readonly unknown[], Readonly<Record<string, unknown>>, unknown]>([
      ['celery.accumulate', [1, 'b'], {}, [1, 'b']],
      ['celery.accumulate', [1, 'b'], { index: 1 }, 'b'],
      ['celery.accumulate', [1, 'b'], { index: -2 }, 1],
      ['celery.map', [], { task: s('t.sum'), it: [[1, 2], [3]] }, [3, 3]],
      ['celery.starmap', [task, pairs], {}, [3, 7]],
      ['celery.backend_cleanup', [], {}, null],
    ])('%s answers as in Python: %j %j', async (name, args, kwargs, result) => {
      expect(await sent(name, args, kwargs)).toMatchObject({ status: 'SUCCESS', result });
    });

    test.each<readonly [string, readonly unknown[], ReturnType<typeof error>]>([
      ['celery.chain', [], error('NotImplementedError', 'builtins', 'chain is not a real task')],
      ['celery.map', [s('t.nobody'), [1]], error('NotRegistered', 'celery.exceptions', 't.nobody')],
      ['celery.map', [s('t.fail'), [1]], error('ValueError', 'builtins', 'bad')],
    ])('%s fails as in Python', async (name, args, expected) => {
      expect(await sent(name, args)).toMatchObject(expected);
    });

    test('celery.chunks publishes a group and is stored as its result', async () => {
      const meta = await sent('celery.chunks', [task, [...pairs, [5, 6]], 2]);
      const made = canvas.resultFromTuple(meta.result as canvas.ResultTuple);
      const ends = await Promise.all((made.results ?? []).map(({ id }) => end(id)));
      expect(ends.map(({ result }) => result)).toEqual([[3, 7], [11]]);
      expect(meta.children).toEqual([meta.result]);
    });

    test('celery.group publishes what it is given under the ids it is given', async () => {
      const [id, one, two] = [randomUUID(), randomUUID(), randomUUID()];
      const members = [set(add(1), { task_id: one }), set(add(2), { task_id: two })];
      const result = [
        [id, null],
        [
          [[one, null], null],
          [[two, null], null],
        ],
      ];
      expect((await sent('celery.group', [members, result, id, [10]])).result).toEqual(result);
      expect(await Promise.all([end(one), end(two)])).toMatchObject([
        { result: 11, group_id: id },
        { result: 12, group_id: id },
      ]);
    });

    test('one of a task author takes the place of one of Celery', async () => {
      await bench.startWorker([defineTask('celery.accumulate', { params: [] }, () => 'mine')], {
        queues: ['mine'],
      });
      const id = await bench.submit('celery.accumulate', [], { queue: 'mine' });
      expect((await end(id)).result).toBe('mine');
    });
  });

  describe('a task that replaces itself', () => {
    test.each<readonly [string, Canvas, unknown]>([
      ['a task', add(1, 2), 3],
      ['a chain', chain(add(1, 2), add(3)), 6],
      ['another one that does', chain(add(1, 1), si('t.where')), [1, 'replies']],
    ])('by %s: its caller gets the result, under its id', async (_, replacement, result) => {
      const id = await replacing(replacement);
      expect((await bench.result(id, 'SUCCESS')).result).toEqual(result);
      expect(bench.eventsOf(id).filter((type) => type === 'task-received').length).toBeGreaterThan(0);
    });

    test('stores nothing for the run that was replaced', async () => {
      const id = await replacing(add(1, 2));
      await bench.result(id, 'SUCCESS');
      expect(bench.metasOf(id)).toHaveLength(1);
    });

    test('goes on with the rest of its chain, and with callbacks', async () => {
      const name = randomUUID();
      replacements.set(name, chain(add(1, 2), add(3)));
      const next = { ...set(add(100), { task_id: randomUUID(), reply_to: 'replies' }) };
      const callback = set(add(1000), { task_id: randomUUID(), reply_to: 'replies' });
      await bench.submit('t.replace', [name], { chain: [next], link: [callback] });
      expect((await end(String(next.options.task_id))).result).toBe(106);
      expect((await end(String(callback.options.task_id))).result).toBe(1006);
    });

    test('the errbacks of the replaced task hear of a replacement that fails', async () => {
      const name = randomUUID();
      replacements.set(name, s('t.fail'));
      const errback = set(s('t.where'), { task_id: randomUUID(), reply_to: 'replies' });
      await bench.submit('t.replace', [name], { linkError: [errback] });
      expect((await end(String(errback.options.task_id))).status).toBe('SUCCESS');
    });

    test.each<readonly [string, Canvas, string]>([
      ['an empty chain', chain(), 'Cannot replace with an empty chain'],
      [
        'a member of a chord',
        set(add(1, 2), { chord: s('t.sum') }),
        'A signature replacing a task must not be part of a chord',
      ],
    ])('fails where it would be replaced by %s', async (_, replacement, message) => {
      const meta = await end(await replacing(replacement));
      expect(meta).toMatchObject(error('ImproperlyConfigured', 'celery.exceptions', message));
    });

    test('fails where the replacement cannot be sent: a chord, and nothing counts chords', async () => {
      const meta = await end(await replacing(chord([add(1, 2)], s('t.sum'))));
      expect(meta).toMatchObject({ status: 'FAILURE' });
    });

    test('the task hears of it first, and may send something else', async () => {
      expect((await end(await replacing(add(1, 2), 't.hooked'))).result).toBe(3);
      change = (replacement) => ({ ...replacement, args: [40, 2] }) as Canvas;
      expect((await end(await replacing(add(1, 2), 't.hooked'))).result).toBe(42);
      expect(hooked).toEqual(['t.add', 't.add']);
    });
  });

  test('an errback that runs inline and fails changes nothing, and the failed task is named to it', async () => {
    hooked.length = 0;
    const id = await bench.submit('t.fail', [], { linkError: [s('t.inline')] });
    await end(id);
    await bench.event(id, 'task-failed');
    expect(hooked).toEqual([[id, 'RangeError: bad']]);
  });

  test('a chord part is stored like any result, and nobody complains', async () => {
    const id = await bench.submit('t.add', [1, 2], {
      queue: 'counting',
      groupId: randomUUID(),
      groupIndex: 0,
      chord: s('t.sum'),
    });
    expect((await end(id)).result).toBe(3);
    expect(complaints).not.toHaveBeenCalled();
  });

  test('a chord that comes next in a chain is begun with the counter the worker was given', async () => {
    const on = (sig: Canvas): Canvas => set(sig, { queue: 'counting' });
    const plan = canvas.planCanvas(
      chain(on(add(1, 2)), group(on(add(10)), on(add(20))), on(s('t.sum'))),
      {},
      { newId: randomUUID, replyTo: 'replies' },
    );
    const [first] = plan.steps;
    if (first?.kind !== 'task') throw new Error('a chain starts with a task');
    await bench.client.submit({
      name: first.task,
      args: first.args,
      options: canvas.taskOptionsOf(first.options),
    });
    const header = plan.result?.parent?.results ?? [];
    const ends = await Promise.all(header.map(({ id }) => end(id)));
    expect(ends.map(({ result }) => result)).toEqual([13, 23]);
    expect(counted).toEqual(['begin 2', 'size 2']);
  });

  test('addToChord fails outside of a chord, and where nothing counts chords', async () => {
    const outside = await end(await bench.submit('t.extend'));
    expect(outside).toMatchObject(error('ValueError', 'builtins', 'Current task is not member of any chord'));
    const inside = await end(
      await bench.submit('t.extend', [], { groupId: randomUUID(), chord: s('t.sum') }),
    );
    expect(inside).toMatchObject({ status: 'FAILURE' });
  });
});
