import Joi from 'joi';
import { defineTask, PythonError, type TaskContext, type TaskRequest } from '../../../workers';
import { until, WorkerBench } from './worker-bench';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('what tasks declare, over a real broker', () => {
  let bench: WorkerBench;
  const requests = new Map<string, TaskRequest>();
  const told: (readonly [string, string, unknown])[] = [];
  /** Notes itself once the result that must have been stored before is there; without one it never ends. */
  const hook = (status: string) => async (context: TaskContext, about: unknown) => {
    const said = about instanceof Error ? about.message : about;
    await bench.result(context.taskId, status);
    told.push([context.taskId, status, said]);
  };
  const note = (context: TaskContext, name: string): void => {
    requests.set(name, context.request);
  };

  const child = defineTask(
    't.child',
    {
      params: [],
      queue: 'children',
      priority: 6,
      expiresSeconds: 600,
      timeLimitSeconds: 9,
      serializer: 'msgpack',
    },
    (context) => note(context, 'child'),
  );
  const tasks = [
    child,
    defineTask('t.routed', { params: ['**kwargs'] }, (context) => note(context, 'routed')),
    defineTask('t.parent', { params: [] }, async (context) => {
      note(context, 'parent');
      await context.sendTask({ name: 't.child', options: { headers: { mine: 1 } } });
      await context.sendTask({ name: 't.routed', kwargs: { region: 'eu' }, options: { priority: 2 } });
      return context.trace;
    }),
    defineTask('t.ok', { params: [], acksLate: true, onSuccess: hook('SUCCESS') }, () => 'fine'),
    defineTask('t.bad', { params: [], onFailure: hook('FAILURE'), onSuccess: hook('SUCCESS') }, () => {
      throw new RangeError('too far');
    }),
    defineTask('t.twice', { params: [], onRetry: hook('RETRY'), onSuccess: hook('SUCCESS') }, (context) =>
      context.request.retries === 0
        ? context.retry({ countdownSeconds: 0.5, cause: new Error('once more') })
        : 'second',
    ),
    defineTask(
      't.hook-throws',
      {
        params: [],
        onSuccess: () => {
          throw new Error('broken hook');
        },
      },
      () => 'kept',
    ),
    defineTask(
      't.checked',
      { params: ['n'], schema: Joi.object<{ n: number }>({ n: Joi.number().integer().required() }) },
      (_context, { n }) => n + 1,
    ),
    defineTask('t.args', { params: [] }, () => {
      throw new PythonError('ValueError', 'builtins', ['bad', 1, [2, null]]);
    }),
    defineTask(
      't.auto',
      {
        params: [],
        maxRetries: 2,
        autoretryFor: [Error],
        dontAutoretryFor: [TypeError],
        defaultRetryDelaySeconds: 0.5,
      },
      ({ request }) => {
        throw request.retries === 0 ? new Error('again') : new TypeError('for good');
      },
    ),
  ];

  beforeAll(async () => {
    bench = await WorkerBench.open('options');
    await bench.startWorker(tasks, {
      queues: ['celery', 'children', 'europe'],
      acceptContent: ['json', 'msgpack'],
      routes: [
        ({ name, kwargs }) => (name === 't.routed' && kwargs.region === 'eu' ? 'europe' : null),
        { pattern: 't.child', queue: 'never' },
      ],
    });
  });
  afterAll(() => bench.close());

  test('children are sent as their definitions and the routes say, in the trace of their parent', async () => {
    const id = await bench.submit('t.parent', [], {
      headers: { traceparent: TRACE, tracestate: 'vendor=1' },
    });
    const { result } = await bench.result(id, 'SUCCESS');
    expect(result).toEqual({ traceparent: TRACE, tracestate: 'vendor=1' });
    const sent = await until('the child', () => requests.get('child'));
    expect(sent).toMatchObject({
      deliveryInfo: { exchange: '', routingKey: 'children', priority: 6 },
      contentType: 'application/x-msgpack',
      timeLimitSeconds: 9,
      parentId: id,
      rootId: id,
    });
    expect((sent.expires ?? 0) - Date.now()).toBeGreaterThan(500_000);
    expect(sent.headers).toMatchObject({ traceparent: TRACE, tracestate: 'vendor=1', mine: 1 });
    const routed = await until('the routed one', () => requests.get('routed'));
    expect(routed.deliveryInfo).toMatchObject({ routingKey: 'europe', priority: 2 });
    expect(routed.headers).toMatchObject({ traceparent: TRACE });
  });

  test('callbacks and chain steps go on in the trace', async () => {
    const signature = (task: string) => ({
      task,
      args: [],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: true,
    });
    requests.delete('routed');
    const id = await bench.submit('t.ok', [], {
      headers: { traceparent: TRACE },
      link: [signature('t.routed')],
    });
    await bench.result(id, 'SUCCESS');
    const callback = await until('the callback', () => requests.get('routed'));
    expect(callback.headers).toMatchObject({ traceparent: TRACE });
    expect(callback.parentId).toBe(id);
  });

  test.each([
    ['t.ok', 'SUCCESS', [['SUCCESS', 'fine']]],
    ['t.bad', 'FAILURE', [['FAILURE', 'too far']]],
    [
      't.twice',
      'SUCCESS',
      [
        ['RETRY', 'once more'],
        ['SUCCESS', 'second'],
      ],
    ],
  ])('hooks of %s hear of its end once the result is stored', async (name, status, expected) => {
    const id = await bench.submit(name);
    await bench.result(id, status);
    const ofTask = () => told.filter(([taskId]) => taskId === id).map(([, ...rest]) => rest);
    await until('the hooks', () => ofTask().length >= expected.length);
    expect(ofTask()).toEqual(expected);
  });

  test('a hook that throws changes nothing', async () => {
    const id = await bench.submit('t.hook-throws');
    expect((await bench.result(id, 'SUCCESS')).result).toBe('kept');
    await bench.event(id, 'task-succeeded');
  });

  test('a schema converts what fits and refuses the rest as ValueError', async () => {
    expect((await bench.result(await bench.submit('t.checked', ['4']), 'SUCCESS')).result).toBe(5);
    const refused = await bench.result(await bench.submit('t.checked', ['four']), 'FAILURE');
    expect(refused.result).toMatchObject({ exc_type: 'ValueError', exc_module: 'builtins' });
  });

  test('all arguments of an exception are kept', async () => {
    const failed = await bench.result(await bench.submit('t.args'), 'FAILURE');
    expect(failed.result).toEqual({
      exc_type: 'ValueError',
      exc_module: 'builtins',
      exc_message: ['bad', 1, [2, null]],
    });
  });

  test('errors of autoretryFor lead to a retry, those of dontAutoretryFor to a failure', async () => {
    const id = await bench.submit('t.auto');
    const failed = await bench.result(id, 'FAILURE');
    expect(failed.result).toMatchObject({ exc_type: 'TypeError', exc_message: ['for good'] });
    expect(await bench.statesWithRetries(id, 2)).toEqual(['RETRY', 'FAILURE']);
  });
});
