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

/** An append-only file of lines, flushed to the disk before an append counts as done; readable by its owner only. */
export class AuditFile {
  private handle: FileHandle | undefined;
  private size = 0;

  constructor(readonly path: string) {}

  /**
   * The end of the file as it is now. What a crash left half-written is cut off: it was never reported as written.
   * @throws the system's error when the file cannot be opened or made.
   */
  async open(): Promise<AuditTail> {
    await this.close();
    // Read and append: a file that `chattr +a` protects can be opened no other way.
    this.handle = await open(this.path, 'a+', 0o600);
    const { size } = await this.handle.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - from);
    await this.handle.read(buffer, 0, buffer.length, from);
    const whole = buffer.lastIndexOf('\n') + 1;
    if (whole < buffer.length) await this.handle.truncate(from + whole);
    this.size = from + whole;
    const lines = buffer.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
    const records = lines.map(parsed).filter((record) => record !== undefined);
    const last = records.at(-1);
    return { head: last === undefined ? EMPTY_CHAIN : { seq: last.seq, hash: last.hash }, records };
  }

  /** Whether somebody else wrote to the file, or it was moved away (as log rotation does). */
  async changed(): Promise<boolean> {
    if (this.handle === undefined) return true;
    const held = await this.handle.stat();
    const there = await stat(this.path).catch(() => undefined);
    return held.size !== this.size || there?.ino !== held.ino;
  }

  /** @throws the system's error; then nothing of the line counts, and the file has to be opened anew. */
  async append(line: string): Promise<void> {
    if (this.handle === undefined) throw new Error('the audit file is not open');
    const bytes = Buffer.from(`${line}\n`);
    await this.handle.appendFile(bytes);
    await this.handle.datasync();
    this.size += bytes.length;
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}
