import { MessageChannel } from 'node:worker_threads';
import { type Executor, type Outcome, type TaskRun, type TaskServices, workerLost } from '../execution';
import { ThreadLink } from './thread-link';
import type { ThreadPool } from './thread-pool';
import type { ThreadAnswer } from './thread-protocol';
import type { ThreadSlot } from './thread-slot';
import { outcomeFromWire } from './wire-outcome';

export interface ThreadExecutorDeps {
  readonly threads: Pick<ThreadPool, 'take' | 'give' | 'replace'>;
  readonly services: TaskServices;
}

interface Live {
  readonly slot: ThreadSlot;
  readonly link: ThreadLink;
}

/** Runs tasks in threads: one at a time in each. What is abandoned is really ended, with its thread. */
export class ThreadExecutor implements Executor {
  private readonly live = new Map<TaskRun, Live>();

  constructor(private readonly deps: ThreadExecutorDeps) {}

  execute(run: TaskRun, begin: (run: TaskRun) => void, conclude: (outcome: Outcome) => void): void {
    const { threads, services } = this.deps;
    const slot = threads.take();
    const { port1, port2: port } = new MessageChannel();
    const link = new ThreadLink(port1, run, services);
    this.live.set(run, { slot, link });
    run.signal.addEventListener('abort', () => link.abort(run.signal.reason), { once: true });
    const { request, ignoresResult } = run;
    const start = (): Promise<void> | undefined => {
      if (!this.live.has(run)) return undefined;
      begin(run);
      return slot.run({ kind: 'run', request, ignoresResult, port }).then((answer) => {
        if (!this.release(run)) return;
        threads.give(slot);
        conclude(outcomeOf(answer));
      });
    };
    // A new thread still loads its modules, on nobody's time.
    (slot.loaded ? Promise.resolve(start()) : slot.load().then(start)).catch((error: unknown) => {
      if (!this.release(run)) return;
      threads.replace(slot);
      conclude(lost(error));
    });
  }

  abandon(run: TaskRun): void {
    const slot = this.live.get(run)?.slot;
    if (slot === undefined) return;
    this.release(run);
    this.deps.threads.replace(slot);
  }

  /** The runs go with their threads, without an outcome: the worker stops cold. */
  forgetAll(): void {
    for (const run of [...this.live.keys()]) this.release(run);
  }

  private release(run: TaskRun): boolean {
    this.live.get(run)?.link.close();
    return this.live.delete(run);
  }
}

const outcomeOf = (answer: ThreadAnswer): Outcome =>
  answer.kind === 'ended' ? outcomeFromWire(answer.outcome) : lost(new Error('the thread gave no outcome'));

/** piscina tells an exit by its text, and everything else by the error that ended the thread. */
function lost(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  const exit = /exited with code: (\d+)/.exec(message);
  const detail = exit === null ? message : `exitcode ${exit[1]}`;
  const cause = exit === null ? error : undefined;
  return { kind: 'FAILURE', error: workerLost(detail, cause), timedOut: false, workerLost: true };
}
