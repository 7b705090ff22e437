import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writePrivateFile } from './atomic-file';

/** A secret kept in a file; undefined where there is none. @throws the system's error for one that cannot be read. */
export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The same; where there is none, 256 random bits that only the owner can read. */
export function provideSecret(path: string): string {
  const known = readSecret(path);
  if (known !== undefined) return known;
  const secret = randomBytes(32).toString('hex');
  writePrivateFile(path, `${secret}\n`);
  return secret;
}

/** Where the pepper of a key file is kept unless a setting gives it. */
export function pepperPath(keyFile: string): string {
  return `${keyFile}.pepper`;
}

/** Where the key of an audit file's hashes is kept unless a setting gives it. */
export function auditKeyPath(auditFile: string): string {
  return `${auditFile}.key`;
}
