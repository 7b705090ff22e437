import { type ControlReplies, Inspector } from '../../../../celery/control';

/** An inspector whose broadcasts end when the test says so. */
function inspector(options: { cacheMs?: number; maxBroadcasts?: number } = {}) {
  let now = 0;
  const asked: { method: string; answer: (replies: object) => void; fail: (error: Error) => void }[] = [];
  const under = new Inspector({
    control: {
      broadcast: (method) =>
        new Promise<ControlReplies>((resolve, reject) => {
          asked.push({
            method,
            answer: (replies) => resolve({ replies: { ...replies }, missing: [] }),
            fail: reject,
          });
        }),
    },
    cacheMs: 1000,
    maxBroadcasts: 10,
    ...options,
    monotonic: () => now,
  });
  return {
    under,
    asked,
    later: (ms: number) => {
      now += ms;
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('an inspector', () => {
  it('makes one broadcast of ten callers, and tells all of them the same', async () => {
    const { under, asked } = inspector();
    const answers = Array.from({ length: 10 }, () => under.inspect('stats'));
    await settle();
    expect(asked).toHaveLength(1);
    asked[0]?.answer({ 'w@h': 1 });
    for (const answer of await Promise.all(answers)) expect(answer.replies).toEqual({ 'w@h': 1 });
  });

  it('takes the same workers in another order for the same question, and other arguments for another', async () => {
    const { under, asked } = inspector();
    void under.inspect('stats', {}, ['a', 'b']);
    void under.inspect('stats', {}, ['b', 'a']);
    void under.inspect('stats', {}, ['a']);
    void under.inspect('query_task', { ids: ['1'] });
    void under.inspect('query_task', { ids: ['2'] });
    await settle();
    expect(asked).toHaveLength(4);
  });

  it('serves an answer again for a moment, then asks again', async () => {
    const { under, asked, later } = inspector();
    const first = under.inspect('stats');
    await settle();
    asked[0]?.answer({ 'w@h': 1 });
    await first;
    later(999);
    expect((await under.inspect('stats')).replies).toEqual({ 'w@h': 1 });
    later(1);
    void under.inspect('stats');
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('serves nothing from before a change, also not what was under way then', async () => {
    const { under, asked } = inspector();
    const before = under.inspect('stats');
    await settle();
    under.forget();
    const after = under.inspect('stats');
    await settle();
    expect(asked).toHaveLength(2);
    asked[0]?.answer({ 'w@h': 'old' });
    await before;
    asked[1]?.answer({ 'w@h': 'new' });
    expect((await after).replies).toEqual({ 'w@h': 'new' });
    expect((await under.inspect('stats')).replies).toEqual({ 'w@h': 'new' });
  });

  it('has only so many broadcasts under way', async () => {
    const { under, asked } = inspector({ maxBroadcasts: 2 });
    const answers = ['a', 'b', 'c'].map((method) => under.inspect(method));
    await settle();
    expect(asked.map(({ method }) => method)).toEqual(['a', 'b']);
    asked[0]?.answer({});
    await settle();
    expect(asked.map(({ method }) => method)).toEqual(['a', 'b', 'c']);
    asked[1]?.answer({});
    asked[2]?.answer({});
    await Promise.all(answers);
  });

  it('does not keep a failure', async () => {
    const { under, asked } = inspector();
    const failed = under.inspect('stats');
    await settle();
    asked[0]?.fail(new Error('no broker'));
    await expect(failed).rejects.toThrow('no broker');
    void under.inspect('stats');
    await settle();
    expect(asked).toHaveLength(2);
  });
});
