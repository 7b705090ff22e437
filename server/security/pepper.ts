import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writePrivateFile } from './atomic-file';

/** Where the pepper is kept unless the setting gives it: beside the keys, readable by the owner only. */
export function pepperPath(keyFile: string): string {
  return `${keyFile}.pepper`;
}

/** The pepper of a key file; undefined where none was made yet. @throws the system's error for one that cannot be read. */
export function readPepper(keyFile: string): string | undefined {
  try {
    return readFileSync(pepperPath(keyFile), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The same, made where there is none. */
export function providePepper(keyFile: string): string {
  const known = readPepper(keyFile);
  if (known !== undefined) return known;
  const pepper = randomBytes(32).toString('hex');
  writePrivateFile(pepperPath(keyFile), `${pepper}\n`);
  return pepper;
}
