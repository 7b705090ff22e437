import { type TaskFilter, TaskHistory } from '../../../../celery/history';
import { RevokeService } from '../../../../server/revokes';

const TERMS = { terminate: true, signal: 'SIGKILL' };
const HELD_UNTIL = 1_900_000_000_000;

/** A service, and what it did in order. */
function service(recording = true) {
  const done: unknown[] = [];
  const windows = new Map<string, unknown>();
  const history = new TaskHistory();
  const submitted = (taskId: string, task: string, times: { eta?: string; expires?: string } = {}) =>
    history.noteSubmitted({
      taskId,
      task,
      queue: 'celery',
      exchange: '',
      routingKey: 'celery',
      submittedAt: 1,
      eta: null,
      expires: null,
      rootId: taskId,
      parentId: null,
      groupId: null,
      retries: 0,
      tenant: null,
      ...times,
    });
  const answer = async () => ({ replies: { 'a@h': { ok: 'x' } }, missing: [] });
  const under = new RevokeService({
    messaging: {
      revokeTask: (id, options) => {
        done.push(['revoke', id, options]);
        return answer();
      },
    },
    control: {
      revoke: (ids, options) => {
        done.push(['revoke', ids, options]);
        return answer();
      },
      broadcast: (method, args) => {
        done.push([method, args]);
        return answer();
      },
    },
    revokes: {
      recording,
      addIds: async (ids, signal, windowOf) => {
        done.push(['keep', ids, signal]);
        for (const id of ids) windows.set(id, windowOf?.(id));
        return HELD_UNTIL;
      },
      addStamps: async (stamps, signal) => {
        done.push(['keep', stamps, signal]);
        return HELD_UNTIL;
      },
    },
    history,
  });
  return { under, done, submitted, windows };
}

describe('a revoke', () => {
  it('is kept before it is broadcast, so that a worker that comes in between hears of it', async () => {
    const { under, done } = service();
    const outcome = await under.revoke('t1', TERMS);
    expect(outcome.heldUntil).toBe(HELD_UNTIL);
    expect(done).toEqual([
      ['keep', ['t1'], 'SIGKILL'],
      ['revoke', 't1', TERMS],
    ]);
  });

  it('is broadcast all the same where the broker has no streams, and says that nothing keeps it', async () => {
    const { under, done } = service(false);
    expect((await under.revoke('t1', TERMS)).heldUntil).toBeNull();
    expect(done).toEqual([['revoke', 't1', TERMS]]);
  });

  it('of many goes out in portions', async () => {
    const { under, done } = service();
    const ids = Array.from({ length: 2500 }, (_, index) => `t${index}`);
    await under.revokeMany(ids, { terminate: false, signal: 'SIGTERM' }, false);
    const sent = (done as [string, string[]][]).filter(([what]) => what === 'revoke');
    expect(sent.map(([, portion]) => portion.length)).toEqual([1000, 1000, 500]);
    expect(done[0]).toEqual(['keep', ids, undefined]);
  });

  it('is kept as long as its task may run, where that is known', async () => {
    const { under, submitted, windows } = service();
    submitted('due', 'reports.daily', { eta: '2027-01-15T08:00:00+00:00', expires: '2027-01-15T09:00:00Z' });
    submitted('now', 'reports.daily');
    await under.revokeMany(['due', 'now', 'unknown'], TERMS, false);
    expect(windows.get('due')).toEqual({
      notBefore: Date.UTC(2027, 0, 15, 8),
      notAfter: Date.UTC(2027, 0, 15, 9),
    });
    expect(windows.get('now')).toEqual({ notBefore: undefined, notAfter: undefined });
    expect(windows.get('unknown')).toBeUndefined();
  });

  it('by stamps keeps the stamps', async () => {
    const { under, done } = service();
    const outcome = await under.revokeStamped({ customer: ['c1'] }, TERMS, false);
    expect(outcome.taskIds).toBeUndefined();
    expect(done).toEqual([
      ['keep', { customer: ['c1'] }, 'SIGKILL'],
      ['revoke_by_stamped_headers', { headers: { customer: ['c1'] }, ...TERMS }],
    ]);
  });

  it('that is only tried does nothing', async () => {
    const { under, done } = service();
    await under.revokeMany(['t1'], TERMS, true);
    await under.revokeStamped({ customer: ['c1'] }, TERMS, true);
    expect(done).toEqual([]);
  });
});

describe('a filter', () => {
  const filter: TaskFilter = { name: { any: ['reports.*'], none: [] } };

  it('selects what matches', () => {
    const { under, submitted } = service();
    submitted('t1', 'reports.daily');
    submitted('t2', 'mail.send');
    expect(under.unfinished(filter, 10)).toEqual(['t1']);
  });

  it('that selects more than was expected is refused, and nothing is revoked', () => {
    const { under, submitted, done } = service();
    for (const id of ['t1', 't2', 't3']) submitted(id, 'reports.daily');
    expect(() => under.unfinished(filter, 2)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(done).toEqual([]);
  });
});
