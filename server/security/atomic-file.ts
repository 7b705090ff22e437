import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Owner only: what is written here are hashes and keys. */
const PRIVATE = 0o600;

function synced(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a file whole or not at all, readable by its owner only: beside it, flushed, then renamed over it. Whoever reads it
 * at any moment, or after a crash, sees the old content or the new one.
 */
export function writePrivateFile(path: string, content: string): void {
  const beside = `${path}.${randomUUID()}.new`;
  const descriptor = openSync(beside, 'wx', PRIVATE);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, path);
  synced(dirname(path));
}
