import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ThreadAnswer, ThreadCall, ThreadSetup } from './thread-protocol';

export interface ThreadSlotOptions {
  /** The built file of `task-thread.ts`. */
  readonly entry: string;
  readonly setup: ThreadSetup;
  /** Heap of the thread in MiB; beyond it the thread dies and its task with it. */
  readonly memoryMb?: number | undefined;
  /** The thread died or threw while it ran nothing, e.g. in a timer a task left behind. */
  readonly onIdleFault: (error: unknown) => void;
}

/** One thread with its own modules. It is thrown away, never mended: a thread that was ended is replaced by a new slot. */
export class ThreadSlot {
  /** Tasks it was given. */
  tasks = 0;
  private loading: Promise<readonly string[]> | undefined;
  private hasLoaded = false;
  private readonly thread: Piscina<ThreadCall, ThreadAnswer>;

  constructor(options: ThreadSlotOptions) {
    this.thread = new Piscina<ThreadCall, ThreadAnswer>({
      filename: options.entry,
      name: 'runInThread',
      minThreads: 1,
      maxThreads: 1,
      workerData: options.setup,
      // With atomics an idle thread stands still: timers and sockets that a task module keeps would not be served.
      atomics: 'disabled',
      recordTiming: false,
      ...(options.memoryMb === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb } }),
    });
    this.thread.on('error', options.onIdleFault);
  }

  get threadId(): number | undefined {
    return this.thread.threads[0]?.threadId;
  }

  /** Whether the thread has its modules. */
  get loaded(): boolean {
    return this.hasLoaded;
  }

  /** Loads the task modules, once; resolves with the names of their tasks. */
  load(): Promise<readonly string[]> {
    this.loading ??= this.thread.run({ kind: 'load' }).then((answer) => {
      this.hasLoaded = true;
      return answer.kind === 'loaded' ? answer.tasks : [];
    });
    return this.loading;
  }

  /** Rejects when the thread died, with what is known of it. */
  run(call: Extract<ThreadCall, { kind: 'run' }>): Promise<ThreadAnswer> {
    this.tasks += 1;
    const transferList: MessagePort[] = [call.port];
    return this.thread.run(call, { transferList });
  }

  /** Ends the thread, whatever it does. */
  async destroy(): Promise<void> {
    await this.thread.destroy();
  }
}
