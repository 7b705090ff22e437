import { stat } from 'node:fs/promises';
import type { Lifecycle } from '../../runtime';

/** What tells one content of a path from another; also where the path is a link that was turned elsewhere. */
export async function fileStamp(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'absent';
  }
}

export interface ChangeWatchOptions {
  /** Another text than before when something has changed. While it fails nothing is known to have. */
  readonly stamp: () => Promise<string>;
  readonly intervalMs: number;
  /** Called when the stamp is another one. When it fails it is called again at the next look. */
  readonly onChange: () => void | Promise<void>;
}

/**
 * Notices that something was replaced. It asks, for notifications do not come through mounted volumes, and a Kubernetes
 * secret is a link that is turned elsewhere.
 */
export class ChangeWatch implements Lifecycle {
  private timer: NodeJS.Timeout | undefined;
  private seen: string | undefined;
  private looking: boolean = false;

  constructor(private readonly options: ChangeWatchOptions) {}

  async start(): Promise<void> {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => void this.look(), this.options.intervalMs);
    this.timer.unref();
    this.seen = await this.options.stamp().catch(() => undefined);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const now = await this.options.stamp();
      if (now === this.seen || this.timer === undefined) return;
      await this.options.onChange();
      this.seen = now;
    } catch {
      // Nobody knows whether it is another one: the next look tells.
    } finally {
      this.looking = false;
    }
  }
}

export interface FileWatchOptions extends Omit<ChangeWatchOptions, 'stamp'> {
  readonly path: string;
}

/** The same for a file: replaced, or gone. */
export function fileWatch({ path, ...options }: FileWatchOptions): ChangeWatch {
  return new ChangeWatch({ ...options, stamp: () => fileStamp(path) });
}
