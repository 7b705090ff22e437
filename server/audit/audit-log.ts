import type { Lifecycle, Logger } from '../../runtime';
import { type ChainHead, EMPTY_CHAIN, type SealedRecord, seal } from './audit-chain';
import type { AuditEntry, AuditRecord } from './audit-entry';
import type { AuditFile } from './audit-file';

export interface AuditLogOptions {
  /** Undefined: records are kept in memory and written to the program's log only. */
  readonly file: AuditFile | undefined;
  /** Of the hashes. */
  readonly key: string;
  /** Records kept in memory to be read over HTTP. */
  readonly maxEntries: number;
  /** Tells further places; must not throw. */
  readonly publish?: ((sealed: SealedRecord) => void) | undefined;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** Entries that wait for a file which cannot be written; more are dropped, by then every audited call is refused. */
const MAX_WAITING = 1000;

/** Everything administrative that was done or tried, in one chain of records. */
export class AuditLog implements Lifecycle {
  private readonly kept: AuditRecord[] = [];
  private readonly waiting: AuditEntry[] = [];
  private head: ChainHead = EMPTY_CHAIN;
  private broken: boolean = false;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: AuditLogOptions) {}

  /** Opens the file, so that a log that cannot be written is known before the first call. */
  async start(): Promise<void> {
    await this.flush();
  }

  /** Resolves once everything recorded so far is on disk, or known not to be. */
  async stop(): Promise<void> {
    await this.flush();
  }

  /** Records an entry. Resolves once it is on disk, or known not to be: see {@link available}. */
  record(entry: AuditEntry): Promise<void> {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(entry);
    else this.options.logger.error('an audit record was lost: the audit log cannot be written', { entry });
    return this.flush();
  }

  /** Whether what is recorded now would be kept. While it would not, tries again. */
  async available(): Promise<boolean> {
    if (this.broken) await this.flush();
    return !this.broken;
  }

  /** The newest first. */
  records(): readonly AuditRecord[] {
    return [...this.kept].reverse();
  }

  /** One at a time: each record has the one before in it. */
  private flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    try {
      await this.reopen();
      for (let entry = this.waiting[0]; entry !== undefined; entry = this.waiting[0]) {
        const sealed = seal(entry, this.head, this.options.key);
        await this.options.file?.append(sealed.line);
        this.waiting.shift();
        this.keep(sealed);
      }
      this.broken = false;
    } catch (error) {
      if (!this.broken) this.options.logger.error('the audit log cannot be written', { error });
      this.broken = true;
    }
  }

  private keep(sealed: SealedRecord): void {
    this.head = sealed.record;
    this.kept.push(sealed.record);
    if (this.kept.length > this.options.maxEntries) this.kept.shift();
    const { seq, hash, operation, outcome, key_id: keyId, request_id: requestId } = sealed.record;
    // The hash goes where log lines go: a chain that was cut short at its end shows there.
    this.options.logger.info('audit', { seq, hash, operation, outcome, keyId, requestId });
    this.options.publish?.(sealed);
  }

  /** Another gateway with the same file, or a rotation, moves its end: the chain goes on from what is there. */
  private async reopen(): Promise<void> {
    const { file, maxEntries } = this.options;
    if (file === undefined || !(await file.changed())) return;
    const tail = await file.tail();
    // A file begun anew by a rotation goes on with the chain of the one before.
    if (tail.records.length === 0) return;
    this.head = tail.head;
    this.kept.splice(0, this.kept.length, ...tail.records.slice(-maxEntries));
  }
}
