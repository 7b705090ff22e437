import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from '../../runtime';
import { writePrivateFile } from './atomic-file';
import { withFileLock } from './file-lock';
import type { KeyChange } from './key-storage';
import { type StoredKey, storedKeyJson } from './stored-key';
import { storedKeys } from './stored-keys';

const SETTING = 'GATEWAY_API_KEYS_FILE';

function problem(detail: string): ConfigError {
  return new ConfigError([{ setting: SETTING, detail }]);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw problem(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}

/** Reads the array of keys. @throws ConfigError, which never quotes the file. */
export function readKeyFile(path: string): readonly StoredKey[] {
  return storedKeys(contentOf(path), SETTING);
}

/**
 * Changes the keys of a file: one writer at a time (the command and any gateway included), whole or not at all. A file that
 * is not there is an empty one.
 * @throws ConfigError for a file that cannot be read; what `change` throws, with nothing written.
 */
export function changeKeyFile<T>(path: string, change: KeyChange<T>): Promise<T> {
  return withFileLock(`${path}.lock`, () => {
    const { keys, told } = change(existsSync(path) ? readKeyFile(path) : []);
    writePrivateFile(path, `${JSON.stringify(keys.map(storedKeyJson), null, 2)}\n`);
    return told;
  });
}
