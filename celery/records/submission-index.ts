import { BoundedIndex } from '../streams';
import { type RecordableMessage, type SubmissionEntry, submissionEntry } from './submission-entry';

/** A message of the submission stream. */
export interface StreamedMessage extends RecordableMessage {
  readonly content: Buffer;
}

/** Where in the stream it was. */
export interface StreamedAt {
  readonly offset: number | undefined;
  /** From before this process. */
  readonly replayed: boolean;
}

/** Who keeps what the submission stream brings. */
export interface SubmissionIndex {
  get(taskId: string): SubmissionEntry | undefined;
  /** A submission of our own, before its copy has come back from the stream. */
  noteSubmitted(entry: SubmissionEntry): void;
  onRecord(message: StreamedMessage, at: StreamedAt): void;
}

/** The latest submissions, bounded. */
export class LatestSubmissions implements SubmissionIndex {
  readonly #entries: BoundedIndex<string, SubmissionEntry>;

  constructor(maxEntries: number) {
    this.#entries = new BoundedIndex(maxEntries);
  }

  get(taskId: string): SubmissionEntry | undefined {
    return this.#entries.get(taskId);
  }

  noteSubmitted(entry: SubmissionEntry): void {
    this.#entries.set(entry.taskId, entry);
  }

  onRecord(message: StreamedMessage): void {
    const entry = submissionEntry(message);
    if (entry === undefined) return;
    const known = this.#entries.get(entry.taskId);
    // Ours is exact to the millisecond; the stream's copy to the second.
    if (known === undefined || known.submittedAt < entry.submittedAt) this.#entries.set(entry.taskId, entry);
  }
}
