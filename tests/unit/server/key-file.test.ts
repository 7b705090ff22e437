import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../../runtime';
import { createApiKey } from '../../../server/security/api-key';
import { changeKeyFile, readKeyFile } from '../../../server/security/key-file';
import { KeyRing } from '../../../server/security/key-ring';
import type { StoredKey } from '../../../server/security/stored-key';

const folder = mkdtempSync(join(tmpdir(), 'keys-'));
const path = join(folder, 'keys.json');
const CANARY = 'CANARY-secret';
const HASH = 'a'.repeat(64);

afterAll(() => rmSync(folder, { recursive: true }));

function problemOf(content: string): string {
  writeFileSync(path, content);
  try {
    readKeyFile(path);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the file was accepted');
}

describe('readKeyFile', () => {
  test('a key that was created is known once its line is in the file', () => {
    const { key, line } = createApiKey('submitter', 'ci');
    const [id, role, hash] = line.split(':');
    writeFileSync(path, JSON.stringify([{ id, role, hash }]));
    const ring = new KeyRing({ clock: { now: Date.now } });
    ring.load(readKeyFile(path));
    expect(ring.verify(key)).toMatchObject({ id: 'ci', role: 'submitter' });
  });

  test('an empty list is no key', () => {
    writeFileSync(path, '[]');
    expect(readKeyFile(path)).toEqual([]);
  });

  test.each([
    ['text that is not JSON', `{${CANARY}`, 'is not JSON'],
    ['an object', `{"id":"${CANARY}"}`, 'must hold a JSON array'],
    ['null in it', '[null]', 'entry 0'],
    ['a text in it', `["ci:admin:${CANARY}"]`, 'entry 0'],
    [
      'a plain secret for a hash',
      JSON.stringify([{ id: 'ci', role: 'admin', hash: CANARY }]),
      'entry 0 holds a key',
    ],
    [
      'an unknown role',
      JSON.stringify([
        { id: 'a', role: 'reader', hash: HASH },
        { id: 'b', role: 'root', hash: HASH },
      ]),
      'entry 1 gives key b a role',
    ],
  ])('%s is a problem that names the setting and quotes nothing', (_what, content, expected) => {
    const message = problemOf(content);
    expect(message).toContain('GATEWAY_API_KEYS_FILE');
    expect(message).toContain(expected);
    expect(message).not.toContain(CANARY);
  });

  test('a file that is not there is a problem with its reason', () => {
    expect(() => readKeyFile(join(folder, 'absent'))).toThrow(/ENOENT/);
  });
});

const key = (id: string, fields: Partial<StoredKey> = {}): StoredKey => ({
  id,
  environment: 'live',
  role: 'reader',
  secrets: [{ algorithm: 'hmac-sha256', hash: HASH, expiresAt: undefined }],
  ...fields,
});

describe('changeKeyFile', () => {
  const file = join(folder, 'changed.json');

  test('writes every field so that it is read back the same, and only for its owner', async () => {
    const whole = key('all', {
      description: 'of the tests',
      scopes: ['dlq:replay'],
      tenant: 'acme',
      tasks: ['reports.*'],
      queues: ['reports'],
      createdAt: 1_900_000_000_000,
      notBefore: 1_900_000_001_000,
      expiresAt: 1_900_000_002_000,
      revokedAt: 1_900_000_003_000,
    });
    await changeKeyFile(file, () => ({ keys: [whole], told: undefined }));
    expect(readKeyFile(file)).toEqual([whole]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('keeps keys of the first release as they were', async () => {
    const first = { id: 'old', role: 'admin', hash: HASH };
    writeFileSync(file, JSON.stringify([first]));
    await changeKeyFile(file, (keys) => ({ keys: [...keys, key('new')], told: undefined }));
    expect(JSON.parse(readFileSync(file, 'utf8'))[0]).toEqual(first);
    expect(readKeyFile(file).map(({ id }) => id)).toEqual(['old', 'new']);
  });

  test('loses no change of many made at the same time, and leaves nothing beside the file', async () => {
    rmSync(file, { force: true });
    const ids = Array.from({ length: 20 }, (_, index) => `key${index}`);
    await Promise.all(
      ids.map((id) => changeKeyFile(file, (keys) => ({ keys: [...keys, key(id)], told: undefined }))),
    );
    expect(
      readKeyFile(file)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.sort());
    expect(readdirSync(folder).filter((name) => /lock|new$/.test(name))).toEqual([]);
  });

  test('a change that fails writes nothing', async () => {
    const before = readFileSync(file, 'utf8');
    const failing = changeKeyFile(file, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('a lock that a dead process left is broken', async () => {
    const lock = `${file}.lock`;
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    await changeKeyFile(file, () => ({ keys: [], told: undefined }));
    expect(readKeyFile(file)).toEqual([]);
  });
});
