import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock older than this was left by a process that died: what is done under one takes milliseconds. */
const STALE_MS = 10_000;
const RETRY_MS = 20;

function taken(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function isStale(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

/**
 * Runs `act` while no other process does so under the same path; `act` must not wait for anything.
 * @throws the system's error where the lock file cannot be made.
 */
export async function withFileLock<T>(path: string, act: () => T): Promise<T> {
  while (!taken(path)) {
    if (isStale(path)) rmSync(path, { force: true });
    else await sleep(RETRY_MS);
  }
  try {
    return act();
  } finally {
    rmSync(path, { force: true });
  }
}
