import {
  defineTask,
  Ignore,
  PythonError,
  Reject,
  SoftTimeLimitExceeded,
  type TaskRequest,
} from '../../../workers';
import { until, WorkerBench } from './worker-bench';

/** The requests `t.keeps` was run with, and when its first run began. */
const runs: TaskRequest[] = [];
const began: [number] = [0];

const tasks = [
  defineTask(
    't.add',
    { params: ['x', { name: 'y', default: 10 }] },
    (_context, { x, y }) => Number(x) + Number(y),
  ),
  defineTask('t.slow', { params: ['ms'], acksLate: true }, async (context, { ms }) => {
    await context.sleep(Number(ms));
    return 'slept';
  }),
  defineTask('t.fail', { params: [] }, async () => {
    throw new PythonError('ValueError', 'builtins', ['bad', 1]);
  }),
  defineTask('t.retry', { params: ['times'] }, async (context, { times }) => {
    if (context.request.retries < Number(times)) {
      await context.retry({ countdownSeconds: 0.2, cause: new RangeError('again') });
    }
    return `after ${context.request.retries}`;
  }),
  defineTask('t.keeps', { params: ['value'] }, async (context) => {
    runs.push(context.request);
    if (context.request.retries > 0) return 'kept';
    began[0] = Date.now();
    return context.retry({ countdownSeconds: 0.3 });
  }),
  defineTask('t.once', { params: [], maxRetries: 0 }, async (context) => {
    await context.retry({ countdownSeconds: 0 });
  }),
  defineTask(
    't.auto',
    { params: [], autoretryFor: [RangeError], defaultRetryDelaySeconds: 0.1 },
    (context) => {
      if (context.request.retries === 0) throw new RangeError('first');
      return 'second';
    },
  ),
  defineTask('t.reject', { params: [], acksLate: true }, () => {
    throw new Reject('not me');
  }),
  defineTask('t.ignore', { params: [], acksLate: true }, () => {
    throw new Ignore();
  }),
  defineTask('t.cycle', { params: [] }, () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    return value;
  }),
  defineTask('t.soft', { params: [], softTimeLimitSeconds: 0.2 }, async (context) => {
    try {
      await context.sleep(10_000);
      return 'never';
    } catch (error) {
      return error instanceof SoftTimeLimitExceeded ? 'cleaned up' : 'something else';
    }
  }),
  defineTask('t.hard', { params: [], timeLimitSeconds: 0.2 }, () => new Promise(() => undefined)),
  defineTask('t.progress', { params: [], trackStarted: true }, async (context) => {
    await context.updateState('PROGRESS', { done: 1, of: 2 });
    const child = await context.sendTask({ name: 't.add', args: [1, 2], options: { replyTo: 'replies' } });
    return child.taskId;
  }),
];

describe('outcomes of tasks, over a real broker', () => {
  let bench: WorkerBench;

  beforeAll(async () => {
    bench = await WorkerBench.open('outcomes');
    await bench.declareWithDeadLetters('celery');
    await bench.startWorker(tasks);
  });
  afterAll(() => bench.close());

  test('a success is stored with its value and announced by its three events', async () => {
    const id = await bench.submit('t.add', [2, 3]);
    const meta = await bench.result(id, 'SUCCESS');
    expect(meta).toMatchObject({ result: 5, traceback: null, children: [], task_id: id });
    const event = await bench.event(id, 'task-succeeded');
    expect(event).toMatchObject({ result: '5', runtime: expect.any(Number) });
    expect(bench.eventsOf(id)).toEqual(['task-received', 'task-started', 'task-succeeded']);
  });

  test('a call that does not bind fails as builtins.TypeError with the text of Python', async () => {
    const meta = await bench.result(await bench.submit('t.add', []), 'FAILURE');
    expect(meta.result).toEqual({
      exc_type: 'TypeError',
      exc_module: 'builtins',
      exc_message: [`add() missing 1 required positional argument: 'x'`],
    });
  });

  test('an error keeps its Python identity and all its arguments', async () => {
    const id = await bench.submit('t.fail');
    const meta = await bench.result(id, 'FAILURE');
    expect(meta.result).toEqual({ exc_type: 'ValueError', exc_module: 'builtins', exc_message: ['bad', 1] });
    expect(meta.traceback).toMatch(/^Traceback \(most recent call last\):[\s\S]*ValueError: \('bad', 1\)\n$/);
    expect(await bench.event(id, 'task-failed')).toMatchObject({ exception: `ValueError('bad', 1)` });
  });

  test('a retry runs again under the same id, with RETRY stored between', async () => {
    const id = await bench.submit('t.retry', [2]);
    const meta = await bench.result(id, 'SUCCESS');
    expect(meta.result).toBe('after 2');
    expect(await bench.statesWithRetries(id, 3)).toEqual(['RETRY', 'RETRY', 'SUCCESS']);
    expect(bench.metasOf(id).find(({ status }) => status === 'RETRY')).toMatchObject({
      date_done: null,
      result: { exc_type: 'ValueError', exc_message: ['again'] },
      traceback: expect.stringContaining(`celery.exceptions.Retry: Retry in 0.2s: ValueError('again')`),
    });
    await bench.event(id, 'task-succeeded');
    expect(bench.eventsOf(id).filter((type) => type === 'task-retried')).toHaveLength(2);
  });

  test('the message of a retry keeps headers, properties, chain, chord and errbacks', async () => {
    const next = (id: string) => ({
      task: 't.add',
      args: [1],
      kwargs: {},
      options: { task_id: id, reply_to: 'replies' },
      subtask_type: null,
      immutable: true,
    });
    const before = runs.length;
    const id = await bench.submit('t.keeps', ['as sent'], {
      chain: [next('kept-step')],
      link: [next('kept-callback')],
      linkError: [next('kept-errback')],
      chord: next('kept-chord'),
      groupId: 'kept-group',
      groupIndex: 300,
      priority: 4,
      timeLimitSeconds: 300,
      softTimeLimitSeconds: 200,
      headers: { mine: 'kept', number: 300 },
    });
    await bench.result('kept-step', 'SUCCESS');

    const [first, second, ...more] = runs.slice(before);
    expect(more).toEqual([]);
    expect(first?.id).toBe(id);
    expect(first?.embed).toMatchObject({
      chain: [{ options: { task_id: 'kept-step' } }],
      callbacks: [{ options: { task_id: 'kept-callback' } }],
      errbacks: [{ options: { task_id: 'kept-errback' } }],
      chord: { options: { task_id: 'kept-chord' } },
    });
    for (const kept of [
      'id',
      'rootId',
      'group',
      'groupIndex',
      'args',
      'kwargs',
      'embed',
      'replyTo',
      'correlationId',
      'timeLimitSeconds',
      'softTimeLimitSeconds',
      'deliveryInfo',
    ] as const) {
      expect({ [kept]: second?.[kept] }).toEqual({ [kept]: first?.[kept] });
    }
    expect(second?.headers).toMatchObject({ mine: 'kept', number: 300 });
    expect([first?.retries, second?.retries]).toEqual([0, 1]);
    const delay = (second?.eta ?? 0) - began[0];
    expect(delay).toBeGreaterThanOrEqual(300);
    expect(delay).toBeLessThan(1_300);
    expect(await bench.statesWithRetries(id, 2)).toEqual(['RETRY', 'SUCCESS']);
    await bench.event(id, 'task-succeeded');
    expect(bench.eventsOf(id).filter((type) => type === 'task-received')).toHaveLength(2);
  });

  test('without a retry left the task fails with MaxRetriesExceededError', async () => {
    const id = await bench.submit('t.once');
    const meta = await bench.result(id, 'FAILURE');
    expect(meta.result).toEqual({
      exc_type: 'MaxRetriesExceededError',
      exc_module: 'celery.exceptions',
      exc_message: [`Can't retry t.once[${id}] args:[] kwargs:{}`],
    });
  });

  test('an error listed in autoretryFor leads to a retry by itself', async () => {
    const id = await bench.submit('t.auto');
    expect((await bench.result(id, 'SUCCESS')).result).toBe('second');
  });

  test('Reject sends the message to the dead-letter exchange and stores FAILURE', async () => {
    const before = await bench.depth('celery.dead');
    const id = await bench.submit('t.reject');
    expect((await bench.result(id, 'FAILURE')).result).toMatchObject({
      exc_type: 'Reject',
      exc_message: ['not me', false],
    });
    expect(await bench.event(id, 'task-rejected')).toMatchObject({ requeue: false });
    await until('the dead letter', async () => (await bench.depth('celery.dead')) === before + 1);
  });

  test('Ignore leaves no state and no message', async () => {
    const id = await bench.submit('t.ignore');
    await bench.event(id, 'task-started');
    await bench.result(await bench.submit('t.add', [1]), 'SUCCESS');
    expect(bench.metasOf(id)).toEqual([]);
  });

  test('a result that JSON cannot hold becomes a FAILURE with EncodeError', async () => {
    const meta = await bench.result(await bench.submit('t.cycle'), 'FAILURE');
    expect(meta.result).toMatchObject({ exc_type: 'EncodeError', exc_module: 'kombu.exceptions' });
  });

  test('the soft limit tells the task, which may clean up', async () => {
    expect((await bench.result(await bench.submit('t.soft'), 'SUCCESS')).result).toBe('cleaned up');
  });

  test('the hard limit frees the slot of a task that never ends', async () => {
    const id = await bench.submit('t.hard');
    const meta = await bench.result(id, 'FAILURE');
    expect(meta).toMatchObject({
      result: { exc_type: 'TimeLimitExceeded', exc_module: 'billiard.exceptions', exc_message: [0.2] },
      traceback: null,
    });
  });

  test('STARTED, a custom state and a child are visible while the task runs', async () => {
    const id = await bench.submit('t.progress');
    const done = await bench.result(id, 'SUCCESS');
    expect(bench.metasOf(id).map(({ status }) => status)).toEqual(['STARTED', 'PROGRESS', 'SUCCESS']);
    expect(bench.metasOf(id)[0]?.result).toMatchObject({ pid: process.pid });
    expect(done.children).toEqual([[[done.result, null], null]]);
    expect((await bench.result(String(done.result), 'SUCCESS')).parent_id).toBe(id);
  });

  test('an ETA is honoured, also beside tasks that are due', async () => {
    const eta = Date.now() + 1500;
    const late = await bench.submit('t.add', [1], { eta: new Date(eta) });
    await bench.result(await bench.submit('t.add', [2]), 'SUCCESS');
    expect(bench.metasOf(late)).toEqual([]);
    await bench.event(late, 'task-succeeded');
    const started = await bench.event(late, 'task-started');
    expect(started.timestamp * 1000).toBeGreaterThanOrEqual(eta);
  });

  test('many held ETA tasks do not starve one that is due', async () => {
    const eta = new Date(Date.now() + 60_000);
    for (let i = 0; i < 60; i += 1) await bench.submit('t.add', [i], { eta, queue: 'celery' });
    const meta = await bench.result(await bench.submit('t.add', [40, 2]), 'SUCCESS');
    expect(meta.result).toBe(42);
  });

  test('a task that expired while it waited for its ETA is revoked as expired', async () => {
    const now = Date.now();
    const id = await bench.submit('t.add', [1], { eta: new Date(now + 900), expires: new Date(now + 500) });
    const meta = await bench.result(id, 'REVOKED');
    expect(meta.result).toMatchObject({ exc_type: 'TaskRevokedError', exc_message: ['expired'] });
    expect(await bench.event(id, 'task-revoked')).toMatchObject({
      terminated: false,
      signum: null,
      expired: true,
    });
  });

  test('a chain goes on with the result, and its last step carries an empty chain', async () => {
    const step = (taskId: string, arg: number) => ({
      task: 't.add',
      args: [arg],
      kwargs: {},
      options: { task_id: taskId, reply_to: 'replies' },
      subtask_type: null,
      immutable: false,
    });
    const first = await bench.submit('t.add', [1, 1], { chain: [step('chain-3', 100), step('chain-2', 10)] });
    expect((await bench.result('chain-3', 'SUCCESS')).result).toBe(112);
    expect(await bench.result('chain-2', 'SUCCESS')).toMatchObject({ result: 12, parent_id: first });
    expect((await bench.result(first, 'SUCCESS')).children).toEqual([[['chain-2', null], null]]);
  });

  test('a failure fails the steps that will never run and calls the errback with the id', async () => {
    const step = {
      task: 't.add',
      args: [],
      kwargs: {},
      options: { task_id: 'never-run', reply_to: 'replies' },
      subtask_type: null,
      immutable: false,
    };
    const errback = {
      ...step,
      task: 't.add',
      args: ['seen'],
      options: { task_id: 'errback-1', reply_to: 'replies' },
    };
    await bench.submit('t.fail', [], { chain: [step], linkError: [errback] });
    expect((await bench.result('never-run', 'FAILURE')).result).toMatchObject({ exc_type: 'ValueError' });
    expect((await bench.result('errback-1', 'SUCCESS')).status).toBe('SUCCESS');
  });
});
