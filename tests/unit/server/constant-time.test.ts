import crypto from 'node:crypto';
import { keyedHash, sha256 } from '../../../server/security/key-hash';
import { KeyRing } from '../../../server/security/key-ring';
import { newKeyText } from '../../../server/security/key-text';
import type { StoredKey } from '../../../server/security/stored-key';

const PEPPER = 'p'.repeat(64);
const NOW = Date.parse('2030-01-01T00:00:00Z');

function stored(text: string, fields: Partial<StoredKey> & { readonly id: string }): StoredKey {
  const hash = keyedHash(PEPPER, text).toString('hex');
  return { environment: 'live', role: 'reader', secrets: [{ algorithm: 'hmac-sha256', hash }], ...fields };
}

const known = newKeyText('live', 'known');
const first = `cgw_first_${'s'.repeat(43)}`;
const ring = (): KeyRing => {
  const made = new KeyRing({ clock: { now: () => NOW } });
  made.load(
    [
      stored(known, { id: 'known' }),
      stored(newKeyText('live', 'revoked'), { id: 'revoked', revokedAt: NOW - 1 }),
      stored(newKeyText('live', 'rotated'), {
        id: 'rotated',
        secrets: ['a', 'b'].map((digit) => ({ algorithm: 'hmac-sha256', hash: digit.repeat(64) })),
      }),
      { id: 'first', role: 'reader', secrets: [{ algorithm: 'sha256', hash: sha256('x').toString('hex') }] },
    ],
    PEPPER,
  );
  return made;
};

/** Every kind of key that is refused: what they cost must not tell them apart. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['an id nobody has', newKeyText('live', 'nobody')],
  ['a known id with a wrong secret', newKeyText('live', 'known')],
  ['a known id whose first characters are right', `${known.slice(0, -1)}${known.endsWith('A') ? 'B' : 'A'}`],
  ['a revoked key', newKeyText('live', 'revoked')],
  ['a key with two secrets', newKeyText('live', 'rotated')],
  ['the first form', first],
  ['the first form of nobody', first.replace('first', 'none1')],
  ['a known id under another environment', known.replace('_live_', '_test_')],
  ['text that is no key', 'not a key at all'],
  ['nothing', ''],
];

interface Work {
  /** Lengths of what was compared, two by two. */
  readonly compared: readonly (readonly [number, number])[];
  readonly keyedHashes: number;
}

/** What verifying a text does that takes time. */
function workOf(text: string): Work {
  const keys = ring();
  const compared: (readonly [number, number])[] = [];
  const { timingSafeEqual, createHmac } = crypto;
  const compare = jest.spyOn(crypto, 'timingSafeEqual').mockImplementation((a, b) => {
    compared.push([a.byteLength, b.byteLength]);
    return timingSafeEqual(a, b);
  });
  const hmac = jest
    .spyOn(crypto, 'createHmac')
    .mockImplementation((...args: Parameters<typeof createHmac>) => createHmac(...args));
  try {
    expect(keys.verify(text)).toBeUndefined();
    return { compared, keyedHashes: hmac.mock.calls.length };
  } finally {
    compare.mockRestore();
    hmac.mockRestore();
  }
}

describe('a key that is refused', () => {
  test.each(REFUSED)(
    '%s is hashed and compared in constant time, as often as every other one',
    (_what, text) => {
      expect(workOf(text)).toEqual({
        compared: [
          [32, 32],
          [32, 32],
        ],
        keyedHashes: 1,
      });
    },
  );

  test('is not remembered: the second time costs what the first did', () => {
    const keys = ring();
    const wrong = newKeyText('live', 'known');
    keys.verify(wrong);
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    try {
      keys.verify(wrong);
      expect(compare).toHaveBeenCalledTimes(2);
    } finally {
      compare.mockRestore();
    }
  });
});

// Clocks are no proof on a machine that others use: for full runs, with the work above as what is proven in each.
const fullOnly = process.env.FULL === '1' ? test : test.skip;
const SAMPLES = 20_000;

/** Welch's t of two samples without their slowest twentieth, which the machine made slow. */
function welch(one: readonly number[], two: readonly number[]): number {
  const of = (sample: readonly number[]) => {
    const kept = sample.toSorted((a, b) => a - b).slice(0, Math.floor(sample.length * 0.95));
    const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length;
    const variance = kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (kept.length - 1);
    return { mean, error: variance / kept.length };
  };
  const [a, b] = [of(one), of(two)];
  return (a.mean - b.mean) / Math.sqrt(a.error + b.error);
}

fullOnly(
  'an unknown id and a wrong secret cannot be told apart by time',
  () => {
    const keys = ring();
    const [unknown, wrong]: [number[], number[]] = [[], []];
    for (let sample = -2000; sample < SAMPLES; sample += 1) {
      // In turns and in random order, so that whatever else happens falls on both.
      const texts = [newKeyText('live', 'knowm'), newKeyText('live', 'known')];
      for (const at of Math.random() < 0.5 ? [0, 1] : [1, 0]) {
        const startedAt = process.hrtime.bigint();
        keys.verify(texts[at] as string);
        const took = Number(process.hrtime.bigint() - startedAt);
        if (sample >= 0) (at === 0 ? unknown : wrong).push(took);
      }
    }
    const t = welch(unknown, wrong);
    process.stdout.write(
      `unknown id against wrong secret: Welch t ${t.toFixed(2)} over ${SAMPLES} samples each\n`,
    );
    expect(Math.abs(t)).toBeLessThan(4.5);
  },
  120_000,
);
