import { createApiKey, parseApiKeyLine } from '../../../server/security/api-key';
import { keyedHash } from '../../../server/security/key-hash';
import { KeyRing } from '../../../server/security/key-ring';
import { newKeyText, parseKeyText } from '../../../server/security/key-text';
import { ROLES, scopesOf } from '../../../server/security/scopes';
import type { StoredKey } from '../../../server/security/stored-key';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const PEPPER = 'p'.repeat(64);

/** A ring at a moment that the test moves. */
function ringWith(keys: readonly StoredKey[], maxVerified?: number) {
  const clock = { at: NOW, now: () => clock.at };
  const ring = new KeyRing({ clock, maxVerified });
  ring.load(keys, PEPPER);
  return { ring, clock };
}

/** A key of today's form and the way it is stored. */
function keyed(fields: Partial<StoredKey> = {}): { readonly text: string; readonly stored: StoredKey } {
  const { id = 'ci', environment = 'live' } = fields;
  const text = newKeyText(environment, id);
  const secrets = [{ algorithm: 'hmac-sha256' as const, hash: keyedHash(PEPPER, text).toString('hex') }];
  return { text, stored: { id, environment, role: 'submitter', secrets, ...fields } };
}

describe('keys of GATEWAY_API_KEYS', () => {
  const { key, line } = createApiKey('submitter', 'team1');
  const { ring } = ringWith([parseApiKeyLine(line)]);

  test('a made key is verified by the line that stores it', () => {
    expect(ring.verify(key)).toMatchObject({ id: 'team1', role: 'submitter', tenant: undefined });
  });

  test('the line does not hold the secret', () => {
    expect(line).toMatch(/^team1:submitter:[0-9a-f]{64}$/);
    expect(line).not.toContain(parseKeyText(key)?.secret);
  });

  test.each([
    ['another secret', createApiKey('submitter', 'team1').key],
    ['another id', key.replace('team1', 'team2')],
    ['no prefix', key.slice(4)],
    ['an empty key', ''],
    ['a longer key', `${key}A`],
    ['the hash in place of the secret', `cgw_team1_${line.split(':')[2]?.slice(0, 43)}`],
    ['the same secret under the form of today', key.replace('cgw_', 'ck_live_')],
  ])('%s is refused', (_case, given) => {
    expect(ring.verify(given)).toBeUndefined();
  });

  test.each(['x', 'a:b', 'a:admin:xyz', `a:root:${'0'.repeat(64)}`, `a:admin:${'0'.repeat(64)}:x`])(
    'the line %s is refused without being quoted',
    (bad) => {
      expect(() => parseApiKeyLine(bad)).toThrow(/key/);
      expect(() => parseApiKeyLine(bad)).not.toThrow(bad);
    },
  );
});

describe('keys of the key file', () => {
  test('a key has the scopes of its role and those it is given besides', () => {
    const { text, stored } = keyed({ role: 'reader', scopes: ['dlq:replay'], tenant: 'acme' });
    const principal = ringWith([stored]).ring.verify(text);
    expect([...(principal?.scopes ?? [])].sort()).toEqual(['dlq:replay', 'tasks:read']);
    expect(principal?.tenant).toBe('acme');
  });

  test('a secret has 256 random bits', () => {
    const secret = parseKeyText(keyed().text)?.secret ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  test('a hash moved to another key fits no key: the id is part of it', () => {
    const { text, stored } = keyed({ id: 'one' });
    const { ring } = ringWith([{ ...stored, id: 'two' }]);
    expect(ring.verify(text)).toBeUndefined();
    expect(ring.verify(text.replace('_one_', '_two_'))).toBeUndefined();
  });

  test('another pepper makes every key unknown', () => {
    const { text, stored } = keyed();
    const ring = new KeyRing({ clock: { now: () => NOW } });
    ring.load([stored], 'q'.repeat(64));
    expect(ring.verify(text)).toBeUndefined();
  });

  test.each([
    ['before its time', { notBefore: NOW + 1 }],
    ['at its end', { expiresAt: NOW }],
    ['revoked', { revokedAt: NOW - 1 }],
  ])('a key %s is refused', (_case, times) => {
    const { text, stored } = keyed(times);
    expect(ringWith([stored]).ring.verify(text)).toBeUndefined();
  });

  test('a key that was verified is refused from the moment it expires', () => {
    const { text, stored } = keyed({ expiresAt: NOW + 1000 });
    const { ring, clock } = ringWith([stored]);
    expect(ring.verify(text)).toBeDefined();
    clock.at = NOW + 1000;
    expect(ring.verify(text)).toBeUndefined();
  });

  test('while a rotation overlaps both secrets are good, then the new one only', () => {
    const old = keyed();
    const fresh = keyed();
    const ends = old.stored.secrets.map((secret) => ({ ...secret, expiresAt: NOW + 1000 }));
    const { ring, clock } = ringWith([{ ...fresh.stored, secrets: [...fresh.stored.secrets, ...ends] }]);
    expect([ring.verify(old.text)?.id, ring.verify(fresh.text)?.id]).toEqual(['ci', 'ci']);
    clock.at = NOW + 1000;
    expect([ring.verify(old.text)?.id, ring.verify(fresh.text)?.id]).toEqual([undefined, 'ci']);
  });

  test('keys loaded anew take the place of the old ones, remembered or not', () => {
    const { text, stored } = keyed();
    const { ring } = ringWith([stored]);
    expect(ring.verify(text)).toBeDefined();
    ring.load([{ ...stored, revokedAt: NOW }]);
    expect(ring.verify(text)).toBeUndefined();
  });

  test('what is remembered is bounded, and a key that fell out is verified again', () => {
    const keys = ['a', 'b', 'c'].map((id) => keyed({ id }));
    const { ring } = ringWith(
      keys.map(({ stored }) => stored),
      2,
    );
    for (let round = 0; round < 2; round += 1) {
      expect(keys.map(({ text }) => ring.verify(text)?.id)).toEqual(['a', 'b', 'c']);
    }
  });

  test('tells when a key was used last, and of an unused one nothing', () => {
    const { text, stored } = keyed();
    const { ring, clock } = ringWith([stored, keyed({ id: 'idle' }).stored]);
    ring.verify(text);
    clock.at = NOW + 5000;
    ring.verify(text);
    expect([...ring.uses]).toEqual([['ci', NOW + 5000]]);
  });
});

test('each role may do what the ones before it may, and no more', () => {
  const table = ROLES.map((role) =>
    (['tasks:read', 'tasks:submit', 'queues:purge'] as const).map((needed) => scopesOf(role).has(needed)),
  );
  expect(table).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});
