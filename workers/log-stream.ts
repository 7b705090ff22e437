import { appendFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { ConfigError } from '../runtime';

/**
 * A file to append the log to (`-f`). It is opened for each write, of which there is one a turn: what logrotate has moved away is
 * begun anew, as by Celery's WatchedFileHandler (celery/app/log.py), and the last lines of a process that exits are in it. A
 * disk that is full costs lines, not the worker.
 * @throws ConfigError when it cannot be written
 */
export function logStream(path: string): Writable {
  try {
    appendFileSync(path, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      { setting: 'CELERY_WORKER_LOG_FILE', detail: `cannot be written: ${code} ${path}` },
    ]);
  }
  return new Writable({
    decodeStrings: false,
    write(lines: string, _encoding, done): void {
      try {
        appendFileSync(path, lines);
      } catch {
        // There is no other place to say it in.
      }
      done();
    },
  });
}
