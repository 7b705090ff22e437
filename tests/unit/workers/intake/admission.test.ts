import type { TaskRequest } from '../../../../celery/protocol';
import {
  admit,
  needsFreshPrefetch,
  parksEta,
  RecentlySettled,
  RevokedTasks,
} from '../../../../workers/intake';

const request = (changes: Partial<TaskRequest> = {}): TaskRequest =>
  ({ id: 'a', eta: null, expires: null, stampedHeaders: [], stamps: {}, ...changes }) as TaskRequest;
const NONE = new RevokedTasks();

describe('admit', () => {
  test('runs a task without conditions', () => {
    expect(admit(request(), 100, NONE)).toEqual({ kind: 'run' });
  });

  test('runs at the very moment of expiry and discards after it', () => {
    expect(admit(request({ expires: 100 }), 100, NONE).kind).toBe('run');
    expect(admit(request({ expires: 100 }), 101, NONE)).toEqual({ kind: 'discard', reason: 'expired' });
  });

  test('defers until an ETA ahead and runs one that has come', () => {
    expect(admit(request({ eta: 200 }), 100, NONE)).toEqual({ kind: 'defer', until: 200 });
    expect(admit(request({ eta: 100 }), 100, NONE).kind).toBe('run');
  });

  test('says expired where a task is expired and revoked', () => {
    const revoked = new RevokedTasks();
    revoked.add(['a']);
    expect(admit(request({ expires: 1 }), 2, revoked)).toEqual({ kind: 'discard', reason: 'expired' });
    expect(admit(request(), 2, revoked)).toEqual({ kind: 'discard', reason: 'revoked' });
  });

  test('discards by a stamp whose value, or one of whose values, is revoked', () => {
    const revoked = new RevokedTasks();
    revoked.addStamps('tenant', ['acme']);
    const stamped = (value: unknown): TaskRequest =>
      request({ stampedHeaders: ['tenant'], stamps: { tenant: value } });
    expect(admit(stamped('acme'), 0, revoked).kind).toBe('discard');
    expect(admit(stamped(['other', 'acme']), 0, revoked).kind).toBe('discard');
    expect(admit(stamped('other'), 0, revoked).kind).toBe('run');
  });
});

describe('RevokedTasks', () => {
  test('forgets the oldest beyond its limit, and counts one revoked again as new', () => {
    const revoked = new RevokedTasks({ maxIds: 2 });
    revoked.add(['a', 'b']);
    revoked.add(['a']);
    revoked.add(['c']);
    expect(revoked.list()).toEqual(['a', 'c']);
  });
});

describe('RecentlySettled', () => {
  test('knows a copy from a later channel and not one from the same', () => {
    const recent = new RecentlySettled();
    recent.remember('a 0', 1);
    expect(recent.wasAnsweredBefore('a 0', 2)).toBe(true);
    expect(recent.wasAnsweredBefore('a 0', 1)).toBe(false);
    expect(recent.wasAnsweredBefore('a 1', 2)).toBe(false);
  });

  test('keeps the latest and is bounded', () => {
    const recent = new RecentlySettled(10);
    for (let i = 0; i < 100; i += 1) recent.remember(`${i}`, 0);
    expect(recent.wasAnsweredBefore('99', 1)).toBe(true);
    expect(recent.wasAnsweredBefore('80', 1)).toBe(false);
  });
});

describe('needsFreshPrefetch', () => {
  test.each([
    [8, 0, false],
    [8, 4, false],
    [8, 5, true],
    [1, 1, true],
    [4, 2, false],
    [4, 3, true],
  ])('of a base of %i with %i held: %s', (base, held, fresh) => {
    expect(needsFreshPrefetch(base, held)).toBe(fresh);
  });

  test('without a limit there is nothing to refresh', () => {
    expect(needsFreshPrefetch(0, 100)).toBe(false);
  });
});

describe('parksEta', () => {
  const limits = { parkAfterMs: 600_000, maxHeld: 3 };
  test.each([
    ['a near one is held', 599_999, 0, 0, false],
    ['a far one is parked', 600_000, 0, 0, true],
    ['a near one is parked where too many are held', 2_000, 3, 0, true],
    ['one due within two seconds is held all the same', 1_999, 3, 0, false],
    ['one that came back ten times is held', 700_000, 3, 10, false],
  ])('%s', (_case, remaining, held, times, parked) => {
    expect(parksEta(limits, remaining, held, times)).toBe(parked);
  });

  test('parks nothing when it is off', () => {
    expect(parksEta({ parkAfterMs: 0, maxHeld: 0 }, 1e9, 9, 0)).toBe(false);
  });
});
