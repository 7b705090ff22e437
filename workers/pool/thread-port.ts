import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { portable } from './portable';
import type { FromThread, LogLevel, ThreadAction, ToThread } from './thread-protocol';
import { errorFromWire } from './wire-error';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread's end of the line to the main thread, for one run. */
export class ThreadPort {
  private readonly waiting = new Map<number, Waiting>();
  private readonly controller = new AbortController();
  private readonly unanswered = new Set<Promise<unknown>>();
  private lastId = 0;

  constructor(private readonly port: MessagePort) {
    port.on('message', (message: ToThread) => this.receive(message));
    port.on('close', () => this.closed());
  }

  /**
   * The run's signal. Asking for it reads the line first: code that never awaits hears of a limit all the same when it
   * looks at `context.signal.aborted`.
   */
  get signal(): AbortSignal {
    for (let next = receiveMessageOnPort(this.port); next !== undefined; ) {
      this.receive(next.message as ToThread);
      next = receiveMessageOnPort(this.port);
    }
    return this.controller.signal;
  }

  /** Has something done in the main thread. Rejects with what it rejected with there. */
  request(action: ThreadAction): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.post({ kind: 'action', id, action: portable(action) as ThreadAction });
      this.waiting.set(id, { resolve, reject });
    });
    this.unanswered.add(answer);
    const answered = (): void => void this.unanswered.delete(answer);
    answer.then(answered, answered);
    return answer;
  }

  log(level: LogLevel, message: string, fields: object | undefined): void {
    this.post({ kind: 'log', level, message, fields: portable(fields) as object | undefined });
  }

  /** Resolves when nothing is unanswered: what a task sent without awaiting it counts as its own, too. */
  async drained(): Promise<void> {
    while (this.unanswered.size > 0) await Promise.allSettled([...this.unanswered]);
  }

  private post(message: FromThread): void {
    this.port.postMessage(message);
  }

  private receive(message: ToThread): void {
    if (message.kind === 'abort') {
      this.controller.abort(errorFromWire(message.reason));
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.value);
    else waiting?.reject(errorFromWire(message.error));
  }

  private closed(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('the task has ended'));
    this.waiting.clear();
  }
}
