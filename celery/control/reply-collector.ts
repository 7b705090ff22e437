import type { ControlReply } from '../protocol';
import type { ControlReplies } from './control-replies';

export interface CollectOptions {
  /** Nodes whose answer is awaited; once all have answered the collection ends early. */
  readonly expected: readonly string[];
  /** Whether nodes that are not expected may answer too; they get {@link GRACE_MS} after the last expected one. */
  readonly open: boolean;
  readonly timeoutMs: number;
}

/** A worker that has not sent a heartbeat yet is known to nobody; it answers as fast as the others do. */
export const GRACE_MS = 50;

/** The answers to one broadcast, until all are there or the deadline has come. */
export class ReplyCollector {
  /** Settles once; never rejects. */
  readonly done: Promise<ControlReplies>;
  readonly #replies = new Map<string, unknown>();
  readonly #awaited: Set<string>;
  readonly #options: CollectOptions;
  readonly #deadline: NodeJS.Timeout;
  #grace: NodeJS.Timeout | undefined;
  #resolve: (replies: ControlReplies) => void = () => undefined;

  constructor(options: CollectOptions) {
    this.#options = options;
    this.#awaited = new Set(options.expected);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#deadline = setTimeout(() => this.finish(), options.timeoutMs);
  }

  add({ node, value }: ControlReply): void {
    this.#replies.set(node, value);
    if (!this.#awaited.delete(node) || this.#awaited.size > 0) return;
    if (!this.#options.open) this.finish();
    else this.#grace ??= setTimeout(() => this.finish(), GRACE_MS);
  }

  /** Ends the collection with what is there. */
  finish(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    this.#resolve({ replies: Object.fromEntries(this.#replies), missing: [...this.#awaited] });
  }
}
