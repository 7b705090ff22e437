import { derivedId, fingerprintOf, keyOf } from '../../../../server/idempotency';
import {
  type Claim,
  type ClaimRecord,
  claimAfter,
  readClaimRecord,
} from '../../../../server/idempotency/claim';

const claim = (holder: string, at: number, replaces?: string): ClaimRecord => ({
  kind: 'claim',
  key: 'k',
  holder,
  at,
  forMs: 100,
  fingerprint: `f-${holder}`,
  replaces,
});
const settle = (holder: string, at: number, value = 'v'): ClaimRecord => ({
  kind: 'settle',
  key: 'k',
  holder,
  at,
  forMs: 1000,
  value,
});

/** The claim after a log of records; offsets count from 0. */
const stateAfter = (...records: readonly ClaimRecord[]): Claim | undefined =>
  records.reduce<Claim | undefined>(
    (current, record, offset) => claimAfter(current, record, offset),
    undefined,
  );

describe('a log of claims', () => {
  test('the first claim wins, whatever comes later within its lease', () => {
    expect(stateAfter(claim('a', 0), claim('b', 99))).toMatchObject({
      holder: 'a',
      state: 'held',
      untilMs: 100,
    });
  });

  test('a claim whose lease is over is anybody’s', () => {
    expect(stateAfter(claim('a', 0), claim('b', 100))).toMatchObject({ holder: 'b', fingerprint: 'f-b' });
  });

  test('a renewed lease is not over', () => {
    const renew: ClaimRecord = { kind: 'renew', key: 'k', holder: 'a', at: 90, forMs: 100 };
    expect(stateAfter(claim('a', 0), renew, claim('b', 150))).toMatchObject({ holder: 'a', untilMs: 190 });
  });

  test('a settled claim keeps its value until its time is over', () => {
    const settled = { holder: 'a', state: 'settled', value: 'v', untilMs: 1010, offset: 1 };
    expect(stateAfter(claim('a', 0), settle('a', 10), claim('b', 500))).toMatchObject(settled);
    expect(stateAfter(claim('a', 0), settle('a', 10), claim('b', 1010))).toMatchObject({ holder: 'b' });
  });

  test('a long value is left where it stands', () => {
    const long = stateAfter(claim('a', 0), settle('a', 10, 'x'.repeat(2000)));
    expect(long).toMatchObject({ value: undefined, offset: 1 });
  });

  test('who has lost the claim has no say any more', () => {
    const taken = [claim('a', 0), claim('b', 100)] as const;
    expect(stateAfter(...taken, settle('a', 101))).toMatchObject({ holder: 'b', state: 'held' });
    expect(stateAfter(...taken, { kind: 'release', key: 'k', holder: 'a', at: 101 })).toMatchObject({
      holder: 'b',
    });
  });

  test('a released key is free', () => {
    expect(stateAfter(claim('a', 0), { kind: 'release', key: 'k', holder: 'a', at: 1 })).toBeUndefined();
  });

  test('of two who replace the same holder the first wins', () => {
    const settled = [claim('a', 0), settle('a', 1)] as const;
    expect(stateAfter(...settled, claim('b', 2, 'a'), claim('c', 3, 'a'))).toMatchObject({ holder: 'b' });
  });

  test.each(['null', '3', '{}', '{"kind":"claim","key":"k","holder":"a","at":1}', '{"kind":"x","key":"k"}'])(
    '%s is no record',
    (text) => expect(readClaimRecord(Buffer.from(text))).toBeUndefined(),
  );
});

describe('keys and fingerprints', () => {
  test('a derived id is a version 5 UUID, the same each time and another for each part', () => {
    const id = derivedId('key', '0');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(derivedId('key', '0')).toBe(id);
    expect(new Set([id, derivedId('key', '1'), derivedId('other', '0')]).size).toBe(3);
  });

  test('parts of a key cannot run into each other', () => {
    expect(keyOf('a', 'bc')).not.toBe(keyOf('ab', 'c'));
  });

  test.each([
    [{ a: 1, b: [2, { c: 3, d: 4 }] }, { b: [2, { d: 4, c: 3 }], a: 1 }, true],
    [{ a: 1 }, [['a', 1]], false],
    [[1, 2], [2, 1], false],
    [{ a: null }, {}, false],
    ['1', 1, false],
  ])('%j and %j: the same is %p', (one, other, same) => {
    expect(fingerprintOf(one) === fingerprintOf(other)).toBe(same);
  });
});
