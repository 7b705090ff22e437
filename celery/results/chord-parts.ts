import type { CanvasResult } from '../protocol';

/** How one task of a chord's header ended. */
export interface ChordPart {
  readonly taskId: string;
  /** The chord's id: the message's `group` header. */
  readonly groupId: string;
  /** Place of the result among those the body receives; null: behind all others. */
  readonly groupIndex: number | null;
  /** SUCCESS, FAILURE or REVOKED. */
  readonly state: string;
  /** As it is stored: an exception in its encoded form. */
  readonly result: unknown;
}

/** A part as it is read back. */
export type ReturnedPart = Pick<ChordPart, 'taskId' | 'state' | 'result'>;

/**
 * A complete chord and the exclusive right to fire its body, held for some seconds at a time: a worker that dies loses it, and
 * whoever returns a part again takes over.
 */
export interface ChordClaim {
  /** All parts in the header's order. */
  readonly parts: readonly ReturnedPart[];
  /** The header's structure where it has groups as members, else null. */
  readonly header: CanvasResult | null;
  /** The part had been counted before: a worker may have died between firing the body and saying so. */
  readonly isRepeat: boolean;
  /** What began the chord has come again, and a Celery that leaves no trace may have fired the body in between. */
  readonly isBegunAgain: boolean;
  /**
   * Prolongs the right, before each attempt to publish the body.
   * @returns false when another worker has taken over.
   */
  prolong(): Promise<boolean>;
  /** The body is published: the chord is forgotten, and late copies of its parts count for nothing. */
  fired(): Promise<void>;
  /** The body has failed: late copies of parts do not fail it again. */
  failed(): Promise<void>;
}

/** What returning a part came to. */
export type PartReturned =
  /** Others are still to come, or the chord is over. */
  | { readonly kind: 'counted' }
  /** All parts are there, and another worker has the right to fire the body for at most so long. */
  | { readonly kind: 'claimed'; readonly forMs: number }
  | { readonly kind: 'complete'; readonly claim: ChordClaim };

/**
 * Where a chord's parts are counted: the worker's half of a result backend that supports chords (celery/backends:
 * `on_chord_part_return`, `add_to_chord`). The client's half is `ChordCounter`.
 */
export interface ChordParts {
  /**
   * Counts one end of a header task, each task once however often it comes.
   * @param heritage what others need to go on when the worker that gets the right to fire dies with it; see {@link orphans}.
   * @throws ConnectionError, retryable; ContentError for a result that cannot be written.
   */
  onChordPartReturn(part: ChordPart, heritage?: unknown): Promise<PartReturned>;
  /** The heritage of workers whose right to fire has run out without a word: whoever returns such a part again takes over. */
  orphans(): Promise<readonly unknown[]>;
  /** The chord waits for one completion more. @param member names it, so that a task that runs again adds it once. */
  addToChord(groupId: string, member: string): Promise<void>;
}
