import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedHash } from '../../server/security/key-hash';
import { newKeyText } from '../../server/security/key-text';
import { type StoredKey, storedKeyJson } from '../../server/security/stored-key';

export const TEST_PEPPER = 'test pepper';

/** A key file of the test's own. */
export interface TestKeyFile {
  readonly path: string;
  /** Settings that make a gateway use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Adds a key with these grants and gives its text; the file is written at once. */
  add(id: string, grants: Partial<StoredKey>): string;
  remove(): void;
}

/** Makes an empty key file. */
export function createKeyFile(): TestKeyFile {
  const folder = mkdtempSync(join(tmpdir(), 'key-file-'));
  const path = join(folder, 'keys.json');
  const keys: StoredKey[] = [];
  const write = (): void => writeFileSync(path, JSON.stringify(keys.map(storedKeyJson)), { mode: 0o600 });
  write();
  return {
    path,
    env: { GATEWAY_API_KEYS_FILE: path, GATEWAY_KEY_PEPPER: TEST_PEPPER },
    add: (id, grants) => {
      const text = newKeyText('test', id);
      const hash = keyedHash(TEST_PEPPER, text).toString('hex');
      keys.push({
        scopes: [],
        ...grants,
        id,
        environment: 'test',
        secrets: [{ algorithm: 'hmac-sha256', hash }],
      });
      write();
      return text;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
