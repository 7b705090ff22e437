import type { SubmissionEntry, TaskSnapshot } from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { taskStatus } from '../../../server/tasks';

const NOW = Date.parse('2026-05-01T12:00:00Z');

const submission: SubmissionEntry = {
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
};

const seen = (fields: Partial<TaskSnapshot>): TaskSnapshot => ({
  taskId: 't1',
  name: 'tasks.add',
  state: 'STARTED',
  worker: 'w@host',
  sentAt: null,
  receivedAt: NOW - 9000,
  startedAt: NOW - 8000,
  endedAt: null,
  runtimeSeconds: null,
  retries: 0,
  args: null,
  kwargs: null,
  result: null,
  exception: null,
  traceback: null,
  rootId: null,
  parentId: null,
  updatedAt: NOW - 8000,
  ...fields,
});

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
  taskStatus('t1', { meta: null, seen: undefined, submission: undefined, ...known }, NOW);

describe('taskStatus', () => {
  test('nothing known is nothing', () => {
    expect(status({})).toBeUndefined();
  });

  test('a submission alone is PENDING', () => {
    expect(status({ submission })).toMatchObject({
      status: 'PENDING',
      name: 'tasks.add',
      queue: 'celery',
      worker: null,
    });
  });

  test('events tell STARTED and the worker', () => {
    expect(status({ submission, seen: seen({}) })).toMatchObject({
      status: 'STARTED',
      worker: 'w@host',
      result: null,
    });
  });

  test('a result wins over events, which still name the worker', () => {
    expect(status({ submission, seen: seen({}), meta: meta({}) })).toMatchObject({
      status: 'SUCCESS',
      result: 3,
      error: null,
      worker: 'w@host',
      doneAt: Date.UTC(2026, 4, 1, 11, 59, 59),
    });
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
    const ended = seen({ state: 'SUCCESS', endedAt: NOW - 10, updatedAt: NOW - 10 });
    expect(status({ seen: ended })).toMatchObject({ status: 'STARTED', doneAt: null });
  });

  test('an end told by events long ago without a result is an ignored result', () => {
    const ended = seen({ state: 'SUCCESS', endedAt: NOW - 60_000, updatedAt: NOW - 60_000 });
    expect(status({ seen: ended })).toMatchObject({
      status: 'SUCCESS',
      result: null,
      doneAt: NOW - 60_000,
    });
  });

  test('a failure told by events only keeps the exception as Python printed it', () => {
    const failed = seen({
      state: 'FAILURE',
      exception: "decimal.InvalidOperation('x')",
      updatedAt: NOW - 60_000,
    });
    expect(status({ seen: failed })?.error).toEqual({
      type: 'InvalidOperation',
      message: "decimal.InvalidOperation('x')",
      module: 'decimal',
      traceback: null,
    });
  });
});
