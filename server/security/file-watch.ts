import { stat } from 'node:fs/promises';
import type { Lifecycle } from '../../runtime';

export interface FileWatchOptions {
  readonly path: string;
  readonly intervalMs: number;
  /** Called when the file is another one than before, or gone. Must not throw. */
  readonly onChange: () => void;
}

async function stamp(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'absent';
  }
}

/**
 * Notices that a file was replaced. It asks, for notifications do not come through mounted volumes, and a Kubernetes secret
 * is a link that is turned elsewhere.
 */
export class FileWatch implements Lifecycle {
  private timer: NodeJS.Timeout | undefined;
  private seen: string | undefined;

  constructor(private readonly options: FileWatchOptions) {}

  async start(): Promise<void> {
    if (this.timer !== undefined) return;
    const { path, intervalMs } = this.options;
    this.seen = await stamp(path);
    this.timer = setInterval(() => void this.look(), intervalMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    const now = await stamp(this.options.path);
    if (now === this.seen) return;
    this.seen = now;
    if (this.timer !== undefined) this.options.onChange();
  }
}
