import type { TaskMeta } from '../../../../celery/protocol';
import { ResultIndex } from '../../../../celery/results/result-index';

const meta = (task_id: string, status: string, result: unknown = null): TaskMeta => ({
  status,
  result,
  traceback: null,
  children: [],
  date_done: null,
  task_id,
});
const limits = { maxEntries: 10, maxBytes: 1000, maxAgeMs: 5000 };

describe('ResultIndex', () => {
  it('keeps the latest state while a task is not ready, whatever its rank', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'STARTED'), 1, 0);
    index.put(meta('a', 'RETRY'), 1, 0);
    expect(index.get('a', 0)?.status).toBe('RETRY');
  });

  it('does not turn a ready task back', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'SUCCESS', 1), 1, 0);
    expect(index.put(meta('a', 'STARTED'), 1, 0)).toBe(false);
    expect(index.put(meta('a', 'FAILURE'), 1, 0)).toBe(false);
    expect(index.get('a', 0)?.result).toBe(1);
  });

  it('lets a redelivered task that ended well replace its failure', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'FAILURE'), 1, 0);
    expect(index.put(meta('a', 'SUCCESS'), 1, 0)).toBe(true);
    expect(index.get('a', 0)?.status).toBe('SUCCESS');
  });

  it('drops the oldest when the bytes are too many', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'SUCCESS'), 600, 0);
    index.put(meta('b', 'SUCCESS'), 600, 0);
    expect(index.get('a', 0)).toBeUndefined();
    expect(index.get('b', 0)?.status).toBe('SUCCESS');
    expect(index.bytes).toBe(600);
  });

  it('counts the bytes of a replaced state once', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'STARTED'), 100, 0);
    index.put(meta('a', 'SUCCESS'), 50, 0);
    expect(index.bytes).toBe(50);
  });

  it('drops the oldest when there are too many entries', () => {
    const index = new ResultIndex({ ...limits, maxEntries: 2 });
    for (const id of ['a', 'b', 'c']) index.put(meta(id, 'SUCCESS'), 1, 0);
    expect(index.size).toBe(2);
    expect(index.bytes).toBe(2);
    expect(index.get('a', 0)).toBeUndefined();
  });

  it('forgets what is too old, on reading and when something new comes', () => {
    const index = new ResultIndex(limits);
    index.put(meta('a', 'SUCCESS'), 1, 0);
    expect(index.get('a', 5001)).toBeUndefined();
    index.put(meta('b', 'SUCCESS'), 1, 5001);
    expect(index.size).toBe(1);
  });
});
