import { ConfigError } from '../../runtime';
import { type StoredKey, storedKey } from './stored-key';

/**
 * The keys of a JSON array.
 * @param setting that says where the text came from
 * @throws ConfigError, which never quotes the text.
 */
export function storedKeys(text: string, setting: string): readonly StoredKey[] {
  const problem = (detail: string): ConfigError => new ConfigError([{ setting, detail }]);
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw problem('is not JSON');
  }
  if (!Array.isArray(entries)) throw problem('must hold a JSON array of keys');
  return entries.map((entry: unknown, index) => {
    try {
      return storedKey(entry);
    } catch (error) {
      throw problem(`entry ${index} ${error instanceof Error ? error.message : 'is invalid'}`);
    }
  });
}
