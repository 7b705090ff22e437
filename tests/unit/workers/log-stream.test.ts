import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logStream } from '../../../workers/log-stream';

describe('logStream', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('what was moved away by logrotate is begun anew, and each line is there at once', () => {
    const path = join(folder, 'worker.log');
    const stream = logStream(path);
    stream.write('one\n');
    renameSync(path, `${path}.1`);
    stream.write('two\n');
    stream.write('three\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\n');
    expect(readFileSync(path, 'utf8')).toBe('two\nthree\n');
  });

  test('a path that cannot be written is said at once, one that cannot be any more is borne', () => {
    expect(() => logStream(join(folder, 'none', 'worker.log'))).toThrow(
      'CELERY_WORKER_LOG_FILE: cannot be written: ENOENT',
    );
    const stream = logStream(join(folder, 'worker.log'));
    rmSync(folder, { recursive: true });
    expect(() => stream.write('lost\n')).not.toThrow();
  });
});
