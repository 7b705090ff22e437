import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../../runtime';
import { ApiKeys, createApiKey } from '../../../server/security/api-key';
import { readKeyFile } from '../../../server/security/key-file';

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
    expect(new ApiKeys(readKeyFile(path)).verify(key)).toEqual({ id: 'ci', role: 'submitter' });
  });

  test('an empty list is no key', () => {
    writeFileSync(path, '[]');
    expect(readKeyFile(path)).toEqual([]);
  });

  test.each([
    ['text that is not JSON', `{${CANARY}`, 'is not a JSON file'],
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
