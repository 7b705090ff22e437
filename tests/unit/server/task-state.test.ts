import { TaskHistory } from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { taskStatus } from '../../../server/tasks';

const NOW = Date.parse('2026-05-01T12:00:00Z');

/** A history of one task, submitted ten seconds ago. */
const submitted = (): TaskHistory => {
  const history = new TaskHistory();
  history.noteSubmitted({
    taskId: 't1',
    task: 'tasks.add',
    queue: 'celery',
    exchange: '',
    routingKey: 'celery',
    submittedAt: NOW - 10_000,
    eta: null,
    expires: null,
    rootId: 't1',
    parentId: null,
    groupId: null,
    retries: 0,
    tenant: null,
  });
  return history;
};

/** The task after an event. */
const seen = (type: string, at: number, fields: object = {}, history = new TaskHistory()) => {
  const event = { uuid: 't1', name: 'tasks.add', ...fields };
  history.onEvent({ type, hostname: 'w@host', timestamp: at / 1000, receivedAt: at, fields: event });
  return history.get('t1');
};

const meta = (fields: Partial<TaskMeta>): TaskMeta => ({
  task_id: 't1',
  status: 'SUCCESS',
  result: 3,
  traceback: null,
  children: [],
  date_done: '2026-05-01T11:59:59+00:00',
  ...fields,
});

const status = (known: Partial<Parameters<typeof taskStatus>[1]>) =>
  taskStatus('t1', { meta: null, task: undefined, ...known }, NOW);

describe('taskStatus', () => {
  test('nothing known is nothing', () => {
    expect(status({})).toBeUndefined();
  });

  test('a submission alone is PENDING', () => {
    expect(status({ task: submitted().get('t1') })).toMatchObject({
      status: 'PENDING',
      name: 'tasks.add',
      queue: 'celery',
      worker: null,
    });
  });

  test('events tell STARTED and the worker', () => {
    expect(status({ task: seen('task-started', NOW - 8000, {}, submitted()) })).toMatchObject({
      status: 'STARTED',
      worker: 'w@host',
      result: null,
    });
  });

  test('a result wins over events, which still name the worker', () => {
    expect(status({ task: seen('task-started', NOW - 8000, {}, submitted()), meta: meta({}) })).toMatchObject(
      {
        status: 'SUCCESS',
        result: 3,
        error: null,
        worker: 'w@host',
        doneAt: Date.UTC(2026, 4, 1, 11, 59, 59),
      },
    );
  });

  test.each([
    ['2026-05-01T11:59:59.123456+00:00', Date.UTC(2026, 4, 1, 11, 59, 59, 123)],
    ['2026-05-01T11:59:59.123456', Date.UTC(2026, 4, 1, 11, 59, 59, 123)],
    ['2026-05-01T13:59:59+02:00', Date.UTC(2026, 4, 1, 11, 59, 59)],
    ['yesterday', null],
    [null, null],
  ])('the end %s, as a worker wrote it, is read as a moment', (written, moment) => {
    expect(status({ meta: meta({ date_done: written }) })?.doneAt).toBe(moment);
  });

  test('a failure is type, message, module and traceback', () => {
    const failure = { exc_type: 'ValueError', exc_message: ['no'], exc_module: 'builtins' };
    const found = status({ meta: meta({ status: 'FAILURE', result: failure, traceback: 'Traceback ...' }) });
    expect(found).toMatchObject({
      status: 'FAILURE',
      result: null,
      error: { type: 'ValueError', message: 'no', module: 'builtins', traceback: 'Traceback ...' },
    });
  });

  test('an end told by events only just now is not believed before its result can have come', () => {
    const task = seen('task-succeeded', NOW - 10);
    expect(status({ task })).toMatchObject({ status: 'STARTED', doneAt: null });
  });

  test('an end told by events long ago without a result is an ignored result', () => {
    const task = seen('task-succeeded', NOW - 60_000);
    expect(status({ task })).toMatchObject({
      status: 'SUCCESS',
      result: null,
      doneAt: NOW - 60_000,
    });
  });

  test('a failure told by events only keeps the exception as Python printed it', () => {
    const task = seen('task-failed', NOW - 60_000, { exception: "decimal.InvalidOperation('x')" });
    expect(status({ task })?.error).toEqual({
      type: 'InvalidOperation',
      message: "decimal.InvalidOperation('x')",
      module: 'decimal',
      traceback: null,
    });
  });
});
