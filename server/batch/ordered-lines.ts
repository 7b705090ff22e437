import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Written to the socket in pieces of this size, or at the end of a turn of the event loop. */
const PIECE_BYTES = 32 * 1024;

/**
 * Writes lines that are made at the same time in the order they were asked for. Holds at most `width` of them: whoever adds
 * one more waits until the reader of the answer has taken some.
 */
export class OrderedLines {
  private readonly pending: Promise<string>[] = [];
  private buffered = '';
  private flushing = false;
  private ended = false;
  private gone = false;
  private wakeWriter: () => void = () => undefined;
  private wakeAdder: () => void = () => undefined;
  private readonly written: Promise<void>;

  constructor(
    private readonly target: Writable,
    private readonly width: number,
  ) {
    target.once('close', () => {
      this.gone = true;
      this.wakeAdder();
      this.wakeWriter();
    });
    this.written = this.write();
  }

  /** Whether nobody reads the answer any more. */
  get closed(): boolean {
    return this.gone;
  }

  /** Resolves when there is room for a line; undefined where there is some now. For one who adds, one at a time. */
  room(): Promise<void> | undefined {
    if (this.pending.length < this.width || this.gone) return undefined;
    return new Promise((resolve) => {
      this.wakeAdder = resolve;
    });
  }

  add(line: Promise<string>): void {
    this.pending.push(line);
    this.wakeWriter();
  }

  /** Resolves when all lines have been handed to the socket, or its reader is gone. */
  async end(): Promise<void> {
    this.ended = true;
    this.wakeWriter();
    await this.written;
  }

  private async write(): Promise<void> {
    while (!this.gone) {
      const line = this.pending[0];
      if (line === undefined) {
        if (this.ended) break;
        await new Promise<void>((resolve) => {
          this.wakeWriter = resolve;
        });
        continue;
      }
      const text = await line;
      this.buffered += text;
      void this.pending.shift();
      if (this.buffered.length >= PIECE_BYTES) await this.flush();
      else this.flushSoon();
      this.wakeAdder();
    }
    await this.flush();
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const text = this.buffered;
    this.buffered = '';
    if (text === '' || this.gone || this.target.write(text)) return;
    const closed = new AbortController();
    const onClose = (): void => closed.abort();
    this.target.once('close', onClose);
    try {
      await once(this.target, 'drain', { signal: closed.signal });
    } catch {
      // The reader went away; what is left is for nobody.
    } finally {
      this.target.off('close', onClose);
    }
  }
}
