/** How an operation stands. */
export type OperationState = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** How far it has come, in messages. */
export interface OperationProgress {
  /** Looked at. */
  readonly scanned: number;
  /** Of those, what the filter chose. */
  readonly matched: number;
  /** Of those, what was done; 0 in a dry run. */
  readonly done: number;
  /** Chosen, and left on purpose: the loop guard. */
  readonly skipped: number;
  /** Chosen, and left because it could not be done: see `problems`. */
  readonly failed: number;
  /** Done, and perhaps still in its first queue as well: the link broke before the broker heard of it. */
  readonly inDoubt: number;
  /** What waited in the queue at the beginning; null until it is known. */
  readonly total: number | null;
}

/** What an operation is, for people and clients. */
export interface OperationSnapshot {
  readonly id: string;
  /** Such as `move`, `purge`, `replay`. */
  readonly kind: string;
  /** The queue it goes through. */
  readonly queue: string;
  readonly dryRun: boolean;
  readonly state: OperationState;
  readonly progress: OperationProgress;
  /** What the caller should know of how it was done. */
  readonly notes: readonly string[];
  /** The first failures of single messages. */
  readonly problems: readonly string[];
  /** Why it failed. */
  readonly error: { readonly code: string; readonly detail: string } | null;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** An operation as the work in it sees it. */
export interface OperationHandle {
  /** Aborts when it is cancelled or the gateway stops. */
  readonly signal: AbortSignal;
  count(change: Partial<Record<Exclude<keyof OperationProgress, 'total'>, number>>): void;
  setTotal(total: number): void;
  note(text: string): void;
  problem(text: string): void;
  readonly progress: OperationProgress;
}

const MAX_TEXTS = 10;
/** Changed in place: an operation may count a hundred thousand messages. */
type Tally = { -readonly [name in keyof OperationProgress]: OperationProgress[name] };

const nothing = (): Tally => ({
  scanned: 0,
  matched: 0,
  done: 0,
  skipped: 0,
  failed: 0,
  inDoubt: 0,
  total: null,
});

export interface OperationSubject {
  readonly kind: string;
  readonly queue: string;
  readonly dryRun: boolean;
}

/** One long piece of work on a queue: its progress, its end, and who waits for either. */
export class Operation implements OperationHandle {
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #notes: string[] = [];
  readonly #problems: string[] = [];
  readonly #progress = nothing();
  #state: OperationState = 'running';
  #error: OperationSnapshot['error'] = null;
  #endedAt: number | null = null;

  constructor(
    readonly id: string,
    readonly subject: OperationSubject,
    private readonly startedAt: number,
  ) {}

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** As it is now, and changes. */
  get progress(): OperationProgress {
    return this.#progress;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get endedAt(): number | null {
    return this.#endedAt;
  }

  count(change: Parameters<OperationHandle['count']>[0]): void {
    for (const name in change) {
      const counter = name as keyof typeof change;
      this.#progress[counter] += change[counter] ?? 0;
    }
    this.#tell();
  }

  setTotal(total: number): void {
    this.#progress.total = total;
    this.#tell();
  }

  note(text: string): void {
    if (this.#notes.length < MAX_TEXTS && !this.#notes.includes(text)) this.#notes.push(text);
  }

  problem(text: string): void {
    if (this.#problems.length < MAX_TEXTS) this.#problems.push(text);
  }

  /** Asks the work to stop; what is in its hands is finished or given back. */
  cancel(): void {
    this.#abort.abort();
  }

  end(error: OperationSnapshot['error'], endedAt: number): void {
    this.#state = this.#abort.signal.aborted ? 'cancelled' : error === null ? 'succeeded' : 'failed';
    this.#error = error;
    this.#endedAt = endedAt;
    this.#tell();
  }

  /** Called after each change, until the returned function is. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when it has ended, `timeoutMs` have passed or the signal aborts. */
  ended(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.running || timeoutMs <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      const unsubscribe = this.subscribe(() => {
        if (!this.running) done();
      });
      signal.addEventListener('abort', done, { once: true });
    });
  }

  snapshot(): OperationSnapshot {
    return {
      id: this.id,
      ...this.subject,
      state: this.#state,
      progress: { ...this.#progress },
      notes: [...this.#notes],
      problems: [...this.#problems],
      error: this.#error,
      startedAt: this.startedAt,
      endedAt: this.#endedAt,
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
