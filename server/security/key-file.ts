import { readFileSync } from 'node:fs';
import { ConfigError } from '../../runtime';
import { type StoredApiKey, storedApiKey } from './api-key';

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

/** Reads `[{"id", "role", "hash"}]`. @throws ConfigError, which never quotes the file. */
export function readKeyFile(path: string): readonly StoredApiKey[] {
  const content = contentOf(path);
  let entries: unknown;
  try {
    entries = JSON.parse(content);
  } catch {
    // The parser's own error quotes the file.
    throw problem('is not a JSON file');
  }
  if (!Array.isArray(entries)) throw problem('must hold a JSON array of keys');
  return entries.map((entry: unknown, index) => {
    try {
      return storedApiKey(typeof entry === 'object' && entry !== null ? { ...entry } : {});
    } catch (error) {
      throw problem(`entry ${index} ${error instanceof Error ? error.message : 'is invalid'}`);
    }
  });
}
