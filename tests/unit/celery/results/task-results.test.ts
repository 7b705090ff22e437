import {
  type CanvasResult,
  type GroupResult,
  RemoteError,
  type ResultContext,
  type TaskMeta,
  TaskResults,
  type WaitOptions,
} from '../../../../celery';
import { ResultWaiters } from '../../../../celery/results/result-waiters';

const ended = (taskId: string, status: string, result: unknown): TaskMeta => ({
  status,
  result,
  traceback: status === 'SUCCESS' ? null : 'Traceback …',
  children: [],
  date_done: null,
  task_id: taskId,
});

/** A store that a test tells what has happened. */
class Store {
  readonly metas = new Map<string, TaskMeta>();
  readonly waiters = new ResultWaiters();
  readonly forgotten: string[] = [];
  readonly revoked: string[] = [];

  readonly context: ResultContext = {
    results: {
      getTaskMeta: async (id) => this.metas.get(id) ?? null,
      waitForResult: async (id, options: WaitOptions) => this.metas.get(id) ?? this.waiters.wait(id, options),
    },
    forget: async (id) => void this.forgotten.push(id),
    revoke: async (ids) => this.revoked.push(...ids),
  };

  end(taskId: string, status: string, result: unknown): void {
    const meta = ended(taskId, status, result);
    this.metas.set(taskId, meta);
    this.waiters.settle(taskId, meta);
  }
}

const task = (id: string, parent: CanvasResult | null = null): CanvasResult => ({
  id,
  parent,
  results: null,
});
const failure = { exc_type: 'ValueError', exc_message: ['bad', 1], exc_module: 'builtins' };
const WAIT = { timeoutMs: 20_000 };

describe('result objects', () => {
  const store = new Store();
  const results = new TaskResults(store.context);
  const group = (id: string, ...members: readonly string[]) =>
    results.from({ id, parent: null, results: members.map((member) => task(member)) }) as GroupResult;

  test('a task not heard of is pending, and its value arrives without polling', async () => {
    const result = results.asyncResult('a');
    expect(await result.state()).toBe('PENDING');
    expect(await result.ready()).toBe(false);
    const value = result.get(WAIT);
    store.end('a', 'SUCCESS', 42);
    await expect(value).resolves.toBe(42);
    expect([await result.successful(), await result.failed(), await result.result()]).toEqual([
      true,
      false,
      42,
    ]);
  });

  test('a failed task throws what Python raised, or hands it over without propagate', async () => {
    store.end('f', 'FAILURE', failure);
    const error = await results
      .asyncResult('f')
      .get(WAIT)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      excType: 'ValueError',
      excModule: 'builtins',
      excArgs: ['bad', 1],
      traceback: 'Traceback …',
      taskId: 'f',
    });
    await expect(results.asyncResult('f').get({ ...WAIT, propagate: false })).resolves.toBeInstanceOf(
      RemoteError,
    );
  });

  test('a result that does not come is a RESULT_TIMEOUT', async () => {
    const never = results.asyncResult('never').get({ timeoutMs: 5 });
    await expect(never).rejects.toMatchObject({ code: 'RESULT_TIMEOUT' });
  });

  test('a task that was revoked before it in its chain ends the wait', async () => {
    const result = results.from(task('last', task('middle', task('first'))));
    const value = result.get(WAIT);
    store.end('first', 'REVOKED', {
      exc_type: 'TaskRevokedError',
      exc_message: ['revoked'],
      exc_module: 'm',
    });
    await expect(value).rejects.toMatchObject({ excType: 'TaskRevokedError', taskId: 'first' });
    expect(store.waiters.size).toBe(0);
  });

  test('a group gives values in order and members in the order they end', async () => {
    const result = group('g', 'g1', 'g2', 'g3');
    const order: string[] = [];
    const iterated = (async () => {
      for await (const { result: member } of result.iterate(WAIT)) order.push(member.id);
    })();
    for (const id of ['g3', 'g1', 'g2']) {
      store.end(id, 'SUCCESS', id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await iterated;
    expect(order).toEqual(['g3', 'g1', 'g2']);
    await expect(result.get(WAIT)).resolves.toEqual(['g1', 'g2', 'g3']);
    expect([await result.ready(), await result.completedCount()]).toEqual([true, 3]);
  });

  test('the first failure in a group ends the wait for all and leaves nobody waiting', async () => {
    const result = group('h', 'h1', 'h2');
    const value = result.get(WAIT);
    store.end('h2', 'FAILURE', failure);
    await expect(value).rejects.toMatchObject({ taskId: 'h2' });
    expect(store.waiters.size).toBe(0);
    expect([await result.failed(), await result.waiting()]).toEqual([true, true]);
  });

  test('children, tuples, forgetting and revoking follow the tree', async () => {
    const tree = { id: 'g', parent: task('before'), results: [task('m1', task('m0')), task('m2')] };
    const result = results.from(tree);
    const tuple = result.asTuple();
    expect(results.fromTuple(tuple).asTuple()).toEqual(tuple);
    store.metas.set('parent', { ...ended('parent', 'SUCCESS', 1), children: [tuple] });
    const [child] = await results.asyncResult('parent').children();
    expect(child?.asTuple()).toEqual(tuple);
    await result.revoke();
    expect(store.revoked).toEqual(['m1', 'm0', 'm2']);
    await result.forget();
    expect(new Set(store.forgotten)).toEqual(new Set(['m0', 'm1', 'm2']));
    await expect(results.restoreGroup('g')).rejects.toMatchObject({ code: 'RESULT_UNSUPPORTED' });
  });
});
