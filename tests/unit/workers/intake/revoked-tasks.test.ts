import { RevokedTasks } from '../../../../workers/intake';

const NO_STAMPS = { stampedHeaders: [], stamps: {} };

describe('RevokedTasks', () => {
  test('forgets an id after its time, and keeps one revoked again', () => {
    let now = 0;
    const revoked = new RevokedTasks({ expiresMs: 1000, now: () => now });
    revoked.add(['a', 'b']);
    now = 900;
    revoked.add(['a']);
    now = 1100;
    expect(revoked.list()).toEqual(['a']);
    expect(revoked.has({ id: 'a', ...NO_STAMPS })).toBe(true);
    expect(revoked.has({ id: 'b', ...NO_STAMPS })).toBe(false);
  });

  test('tells each change, and none where nothing was added', () => {
    const revoked = new RevokedTasks();
    const changes = jest.fn();
    revoked.onChange = changes;
    revoked.add([]);
    expect(changes).not.toHaveBeenCalled();
    revoked.add(['a']);
    revoked.addStamps('tenant', ['blue']);
    expect(changes).toHaveBeenCalledTimes(2);
    expect(revoked.state()).toEqual({ ids: ['a'], stamps: { tenant: ['blue'] } });
  });
});
