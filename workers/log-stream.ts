import { createWriteStream, type WriteStream } from 'node:fs';

/**
 * A file to append the log to (`-f`); it is opened before the worker starts, so that a path that cannot be written is said
 * at once.
 * @throws Error when it cannot be opened
 */
export function logStream(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path, { flags: 'a' });
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve(stream));
    stream.once('error', reject);
  });
}
