import type { TaskMeta } from '../../../../celery/protocol';
import { ResultWaiters } from '../../../../celery/results/result-waiters';

const done: TaskMeta = {
  status: 'SUCCESS',
  result: 5,
  traceback: null,
  children: [],
  date_done: null,
  task_id: 'a',
};

describe('ResultWaiters', () => {
  it('hands the result to everybody who waits for that task', async () => {
    const waiters = new ResultWaiters();
    const waiting = [waiters.wait('a', { timeoutMs: 1000 }), waiters.wait('a', { timeoutMs: 1000 })];
    waiters.settle('b', done);
    waiters.settle('a', done);
    expect(await Promise.all(waiting)).toEqual([done, done]);
    expect(waiters.size).toBe(0);
  });

  it('gives null when the time is over, and keeps nothing', async () => {
    const waiters = new ResultWaiters();
    expect(await waiters.wait('a', { timeoutMs: 1 })).toBeNull();
    expect(waiters.size).toBe(0);
  });

  it('rejects with the reason of a signal that aborts, and keeps nothing', async () => {
    const waiters = new ResultWaiters();
    const abort = new AbortController();
    const waiting = waiters.wait('a', { timeoutMs: 1000, signal: abort.signal });
    abort.abort(new Error('client left'));
    await expect(waiting).rejects.toThrow('client left');
    expect(waiters.size).toBe(0);
  });

  it('rejects at once where the signal has aborted already', async () => {
    const waiters = new ResultWaiters();
    const waiting = waiters.wait('a', { timeoutMs: 1000, signal: AbortSignal.abort(new Error('left')) });
    await expect(waiting).rejects.toThrow('left');
    expect(waiters.size).toBe(0);
  });

  it('lets all go with null when released', async () => {
    const waiters = new ResultWaiters();
    const waiting = [waiters.wait('a', { timeoutMs: 1000 }), waiters.wait('b', { timeoutMs: 1000 })];
    waiters.release();
    expect(await Promise.all(waiting)).toEqual([null, null]);
  });
});
