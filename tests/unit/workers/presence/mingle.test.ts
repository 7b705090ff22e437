import type { ControlReplies } from '../../../../celery/control';
import { LamportClock } from '../../../../celery/protocol';
import { silentLogger } from '../../../../runtime';
import { RevokedTasks } from '../../../../workers/intake';
import { Mingle } from '../../../../workers/presence';

const mingle = (broadcast: () => Promise<ControlReplies>) => {
  const lamport = new LamportClock(5);
  const revoked = new RevokedTasks();
  const calls: unknown[] = [];
  const control = {
    start: async () => void calls.push('start'),
    stop: async () => void calls.push('stop'),
    broadcast: async (...args: unknown[]) => {
      calls.push(args);
      return broadcast();
    },
  };
  const parts = { nodename: 'me@x', control: () => control, lamport, revoked, logger: silentLogger() };
  return { sync: () => new Mingle(parts).sync(), lamport, revoked, calls };
};

describe('Mingle', () => {
  test('says hello with what it knows, and learns clocks and revokes in each form', async () => {
    const { sync, lamport, revoked, calls } = mingle(async () => ({
      replies: {
        'new@x': { clock: 40, revoked: ['one'] },
        'old@x': { clock: 30, revoked: { two: [12.5, 'two'] } },
        'me@x': null,
        'odd@x': { error: "KeyError('hello')" },
        'silent@x': null,
      },
      missing: [],
    }));
    revoked.add(['mine']);
    await sync();
    expect(calls).toEqual([
      'start',
      ['hello', { from_node: 'me@x', revoked: ['mine'] }, { timeoutMs: 1000 }],
      'stop',
    ]);
    expect(lamport.value).toBeGreaterThan(40);
    expect(revoked.list()).toEqual(['mine', 'one', 'two']);
  });

  test('works alone when it cannot ask', async () => {
    const { sync, lamport, calls } = mingle(async () => {
      throw new Error('no broker');
    });
    await sync();
    expect(lamport.value).toBe(5);
    expect(calls.at(-1)).toBe('stop');
  });
});
