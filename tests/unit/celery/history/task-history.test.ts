import type { TaskMeta } from '../../../../celery';
import {
  type compileFilter,
  parseChoice,
  parsePosition,
  type TaskChange,
  TaskHistory,
  type TaskRecord,
} from '../../../../celery/history';

const AT = 1_800_000_000_000;
type News = (history: TaskHistory) => void;

const event =
  (type: string, seconds: number, fields: object = {}, hostname = 'w@host'): News =>
  (history) => {
    const timestamp = AT / 1000 + seconds;
    history.onEvent({ type, hostname, timestamp, receivedAt: AT, fields: { uuid: 't', ...fields } });
  };

const result =
  (status: string, value: unknown = null, seconds?: number): News =>
  (history) => {
    const date = seconds === undefined ? null : new Date(AT + seconds * 1000).toISOString();
    history.onResult({ task_id: 't', status, result: value, traceback: null, children: [], date_done: date });
  };

const BODY = '[[1, "x"], {"k": [2]}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]';

const record =
  (headers: object = {}, id = 't', body = BODY): News =>
  (history) =>
    history.onRecord({
      exchange: '',
      routingKey: 'celery',
      headers: { id, task: 'tasks.add', root_id: id, retries: 0, ...headers },
      properties: { timestamp: AT / 1000, contentType: 'application/json', priority: 3 },
      content: Buffer.from(body),
    });

const taskAfter = (...news: readonly News[]): TaskRecord => {
  const history = new TaskHistory();
  for (const each of news) each(history);
  return history.get('t') as TaskRecord;
};

/** All orders of a list. */
const orders = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  list.length < 2
    ? [list]
    : list.flatMap((first, at) => orders(list.toSpliced(at, 1)).map((rest) => [first, ...rest]));

/** All that a reader sees of a task. */
const seen = (task: TaskRecord) => ({
  ...Object.fromEntries(Object.entries(task)),
  state: task.state,
  reason: task.reason,
  queuedAt: task.queuedAt,
  doneAt: task.doneAt,
  waitSeconds: task.waitSeconds,
  runtimeSeconds: task.runtimeSeconds,
});

describe('a task joined from its sources', () => {
  const succeeded = [
    record(),
    event('task-received', 1, { name: 'tasks.add', args: '(1,)', kwargs: '{}', retries: 0 }),
    event('task-started', 2),
    event('task-succeeded', 3, { result: "'yes'", runtime: 0.9 }),
    result('SUCCESS', 'yes', 3.1),
  ];

  test('is the same in whatever order they arrive', () => {
    const first = seen(taskAfter(...succeeded));
    expect(first).toMatchObject({
      state: 'SUCCESS',
      name: 'tasks.add',
      queue: 'celery',
      worker: 'w@host',
      priority: 3,
      queuedAt: AT,
      receivedAt: AT + 1000,
      startedAt: AT + 2000,
      doneAt: AT + 3100,
      waitSeconds: 2,
      runtimeSeconds: 0.9,
      resultText: 'yes',
    });
    for (const order of orders(succeeded)) expect(seen(taskAfter(...order))).toEqual(first);
  });

  test('a failure, too', () => {
    const error = { exc_type: 'ValueError', exc_message: ['no'], exc_module: 'builtins' };
    const failed = [
      record(),
      event('task-started', 1),
      event('task-failed', 2, { exception: "ValueError('no')", traceback: 'Traceback' }),
      result('FAILURE', error, 2),
    ];
    for (const order of orders(failed)) {
      expect(taskAfter(...order)).toMatchObject({
        state: 'FAILURE',
        errorText: 'ValueError: no',
        traceback: null,
      });
    }
  });

  test('a RETRY that arrives late undoes neither an end nor the attempt after it', () => {
    const retried = event('task-retried', 2, { exception: 'Retry()' });
    const again = [event('task-received', 0), event('task-started', 1), retried, event('task-started', 3)];
    for (const order of orders(again)) expect(taskAfter(...order).state).toBe('STARTED');
    for (const order of orders([...again, event('task-succeeded', 4)])) {
      expect(taskAfter(...order).state).toBe('SUCCESS');
    }
  });

  test('waits in RETRY until the next attempt is received, also where the result says so first', () => {
    const waiting = [event('task-started', 1), event('task-retried', 2), result('RETRY')];
    for (const order of orders(waiting)) expect(taskAfter(...order).state).toBe('RETRY');
    expect(taskAfter(...waiting, event('task-received', 3, { retries: 1 }))).toMatchObject({
      state: 'RECEIVED',
      retries: 1,
    });
  });

  test('of two ends the stronger stands', () => {
    const ends = [
      event('task-revoked', 1, { terminated: true }),
      event('task-succeeded', 2),
      result('SUCCESS', 1, 2),
    ];
    for (const order of orders(ends)) expect(taskAfter(...order).state).toBe('SUCCESS');
  });

  test.each([
    [[record()], 'QUEUED'],
    [[event('task-sent', 0)], 'QUEUED'],
    [[record(), event('task-received', 1)], 'RECEIVED'],
    [[event('task-received', 1), event('task-sent', 2)], 'RECEIVED'],
    [[event('task-started', 1), result('PROGRESS', { percent: 1 })], 'PROGRESS'],
    [[result('PROGRESS', 1), event('task-retried', 2)], 'RETRY'],
    [[event('task-started', 1), event('task-progress', 2)], 'PROGRESS'],
    [[event('task-received', 1), event('task-rejected', 2)], 'REJECTED'],
    [[result('STARTED')], 'STARTED'],
  ] as const)('%#: %s', (news, state) => {
    expect(taskAfter(...news).state).toBe(state);
  });

  test.each([
    [[event('task-revoked', 1, { expired: true })], 'expired'],
    [[event('task-revoked', 1, { terminated: true, signum: '15' })], 'terminated'],
    [[event('task-revoked', 1, { terminated: false, expired: false })], 'revoked'],
    [
      [result('REVOKED', { exc_type: 'TaskRevokedError', exc_message: ['expired'], exc_module: '' }, 1)],
      'expired',
    ],
    [
      [result('REVOKED', { exc_type: 'TaskRevokedError', exc_message: ['revoked'], exc_module: '' }, 1)],
      'revoked',
    ],
  ] as const)('%#: a revocation tells why', (news, reason) => {
    expect(taskAfter(...news)).toMatchObject({ state: 'REVOKED', reason });
  });

  test('a client that sends a task is not its worker', () => {
    expect(taskAfter(event('task-sent', 0, {}, 'gen1@client')).worker).toBeNull();
  });

  test('the time a task waits for its ETA is no waiting', () => {
    const eta = new Date(AT + 10_000).toISOString();
    expect(taskAfter(record({ eta }), event('task-started', 12)).waitSeconds).toBe(2);
  });

  test('what is forgotten stays forgotten, whatever comes later', () => {
    const history = new TaskHistory();
    result('SUCCESS', 'secret', 1)(history);
    history.onForgotten('t');
    event('task-succeeded', 1, { result: "'secret'" })(history);
    expect(history.get('t')).toMatchObject({ state: 'SUCCESS', forgotten: true, resultText: null });
  });
});

describe('the arguments', () => {
  const argumentsOf = (body: string) => {
    const history = new TaskHistory();
    record({}, 't', body)(history);
    return history.argumentsOf('t');
  };

  test('are the real ones', () => {
    expect(argumentsOf(BODY)).toEqual({ args: [1, 'x'], kwargs: { k: [2] } });
  });

  test('may look like what follows them', () => {
    const tricky = '[["{\\"callbacks\\""], {}, {"callbacks": null}]';
    expect(argumentsOf(tricky)).toEqual({ args: ['{"callbacks"'], kwargs: {} });
  });

  test('are not held where they are long, nor by a part of them', () => {
    expect(argumentsOf(BODY.replace('x', 'x'.repeat(5000)))).toBeUndefined();
  });
});

describe('the bounds', () => {
  test('the tasks without news for longest go first, their children with them', () => {
    const history = new TaskHistory({ maxTasks: 2 });
    for (const id of ['a', 'b']) record({}, id)(history);
    record({ parent_id: 'a' }, 'c')(history);
    expect([history.size, history.get('a'), history.get('b')?.taskId]).toEqual([2, undefined, 'b']);
  });

  test('texts are bounded all together', () => {
    const history = new TaskHistory({ maxCharacters: 100 });
    for (let i = 0; i < 20; i += 1) record({}, `t${i}`)(history);
    expect(history.size).toBeLessThan(10);
    expect(history.get('t19')).toBeDefined();
  });
});

describe('subscriptions', () => {
  test('tell of matching tasks, of one task alone, and no more once they ended', () => {
    const history = new TaskHistory();
    const [matching, single] = [[] as string[], [] as string[]];
    const tell = (into: string[]) => (change: TaskChange) => void into.push(`${change.type} ${change.state}`);
    const end = history.subscribe({ state: parseChoice('STARTED') }, tell(matching));
    const endSingle = history.subscribe({ taskIds: new Set(['t']) }, tell(single));
    record({}, 'other')(history);
    record()(history);
    event('task-started', 1)(history);
    end();
    endSingle();
    event('task-succeeded', 2)(history);
    expect(matching).toEqual(['task-started STARTED']);
    expect(single).toEqual(['task-queued QUEUED', 'task-started STARTED']);
  });

  test('what was missed is told from a position on, whatever the order in which the logs were read', () => {
    const feed = (history: TaskHistory, first: 'e' | 's') => {
      const events = () => {
        for (const [offset, type] of ['task-received', 'task-started'].entries()) {
          const fields = { uuid: 't' };
          const at = { timestamp: AT / 1000 + offset, receivedAt: AT };
          history.onEvent({ type, hostname: 'w', ...at, fields }, { offset, index: 0 });
        }
      };
      const records = () => {
        const headers = { id: 't', task: 'tasks.add' };
        const properties = { timestamp: AT / 1000 };
        const content = Buffer.from('');
        history.onRecord({ exchange: '', routingKey: 'q', headers, properties, content }, { offset: 7 });
      };
      for (const part of first === 'e' ? [events, records] : [records, events]) part();
    };
    const missed = (first: 'e' | 's', position: string) => {
      const history = new TaskHistory();
      feed(history, first);
      const { changes, gap } = history.since(parsePosition(position) ?? {});
      return [gap, ...changes.map(({ type }) => type).sort()];
    };
    for (const first of ['e', 's'] as const) {
      expect(missed(first, 's7-e0')).toEqual([false, 'task-started']);
      expect(missed(first, 's6-e1')).toEqual([false, 'task-queued']);
      expect(missed(first, 's7-e1')).toEqual([false]);
      expect(missed(first, 's8-e1')).toEqual([true]);
    }
    expect(parsePosition('anything')).toBeUndefined();
  });

  test('a position older than what is held is a gap', () => {
    const history = new TaskHistory({ maxChanges: 2 });
    for (let offset = 0; offset < 10; offset += 1) {
      const fields = { uuid: `t${offset}` };
      const at = { timestamp: AT / 1000, receivedAt: AT };
      history.onEvent({ type: 'task-started', hostname: 'w', ...at, fields }, { offset, index: 0 });
    }
    expect(history.since({ e: { offset: 0, index: 0 } }).gap).toBe(true);
    expect(history.since({ e: { offset: 8, index: 0 } })).toMatchObject({
      gap: false,
      changes: [{ subject: 't9' }],
    });
  });
});

describe('lists', () => {
  const history = new TaskHistory();
  for (let i = 0; i < 30; i += 1) {
    const stamps = i % 2 === 0 ? { tags: ['even'], team: ['a', 'b'] } : {};
    record({ task: `tasks.t${i % 3}`, stamps }, `id${i}`)(history);
  }
  const names = (filter: Parameters<typeof compileFilter>[0]) => history.select(filter).length;

  test.each([
    [{ name: parseChoice('tasks.t1') }, 10],
    [{ name: parseChoice('tasks.*,!tasks.t1') }, 20],
    [{ tag: parseChoice('even') }, 15],
    [{ tag: parseChoice('!even') }, 15],
    [{ stamp: parseChoice('team:b') }, 15],
    [{ stamp: parseChoice('team:c') }, 0],
    [{ text: [{ in: 'arguments', text: '"X"', not: false }] }, 30],
    [{ text: [{ in: 'any', text: 'nothing', not: true }] }, 30],
    [{ times: [{ field: 'queuedAt', after: AT }] }, 30],
    [{ times: [{ field: 'startedAt', after: 0 }] }, 0],
    [{ worker: parseChoice('w') }, 0],
    [{ rootId: 'id3' }, 1],
  ] as const)('%#', (filter, count) => {
    expect(names(filter)).toBe(count);
  });
});

test('a result read from a database counts like one from the log', () => {
  const meta: TaskMeta = {
    task_id: 't',
    status: 'SUCCESS',
    result: 1,
    traceback: null,
    children: [],
    date_done: null,
  };
  const history = new TaskHistory();
  record()(history);
  history.onResult(meta);
  expect(history.get('t')?.state).toBe('SUCCESS');
});
