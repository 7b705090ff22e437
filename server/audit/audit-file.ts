import { type FileHandle, open, stat } from 'node:fs/promises';
import { type ChainHead, EMPTY_CHAIN } from './audit-chain';
import type { AuditRecord } from './audit-entry';

/** What a log file ends with. */
export interface AuditTail {
  readonly head: ChainHead;
  /** The last records, oldest first. */
  readonly records: readonly AuditRecord[];
}

/** Read at most this much of the end: some ten thousand records. */
const TAIL_BYTES = 8 * 1024 * 1024;

function parsed(line: string): AuditRecord | undefined {
  try {
    return JSON.parse(line) as AuditRecord;
  } catch {
    return undefined;
  }
}

/**
 * An append-only file of lines, flushed to the disk before an append counts as done; readable by its owner only. Opened for
 * each append: there are few, and so a rotation needs no signal.
 */
export class AuditFile {
  /** Which file it was, and how long, after what was read or written last. */
  private known: string | undefined;

  constructor(private readonly path: string) {}

  /**
   * The end of the file, which is made where there is none. What a crash left half-written is cut off: it was never
   * reported as written.
   * @throws the system's error.
   */
  tail(): Promise<AuditTail> {
    return this.opened(async (file) => {
      const { size } = await file.stat();
      const from = Math.max(0, size - TAIL_BYTES);
      const buffer = Buffer.alloc(size - from);
      await file.read(buffer, 0, buffer.length, from);
      const whole = buffer.lastIndexOf('\n') + 1;
      if (whole < buffer.length) await file.truncate(from + whole);
      const lines = buffer.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
      const records = lines.map(parsed).filter((record) => record !== undefined);
      const last = records.at(-1);
      return { head: last === undefined ? EMPTY_CHAIN : { seq: last.seq, hash: last.hash }, records };
    });
  }

  /** Whether somebody else wrote to the file, or it was moved away (as log rotation does). */
  async changed(): Promise<boolean> {
    const there = await stat(this.path).catch(() => undefined);
    return this.known === undefined || there === undefined || this.known !== `${there.ino} ${there.size}`;
  }

  /** @throws the system's error; then the file has to be read anew. */
  append(line: string): Promise<void> {
    return this.opened(async (file) => {
      await file.appendFile(`${line}\n`);
      await file.datasync();
    });
  }

  private async opened<T>(work: (file: FileHandle) => Promise<T>): Promise<T> {
    this.known = undefined;
    // Append mode also to read: a file that `chattr +a` protects can be opened for writing no other way.
    const file = await open(this.path, 'a+', 0o600);
    try {
      const result = await work(file);
      const { ino, size } = await file.stat();
      this.known = `${ino} ${size}`;
      return result;
    } finally {
      await file.close();
    }
  }
}
