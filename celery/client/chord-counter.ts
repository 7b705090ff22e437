import type { ChordStep } from '../protocol';

/**
 * Where a chord's completions are counted, told by whoever publishes its header: the client's half of a result backend that
 * supports chords (celery/backends: `apply_chord`, `set_chord_size`).
 */
export interface ChordCounter {
  /**
   * Before any header task is published. Redis keeps the header's structure here when it has groups as members, others start
   * to watch the header's results.
   * @throws RabbitMQError; nothing of the chord is published then.
   */
  begin(chord: ChordStep): Promise<void>;
  /** Before the last header task is published. @param size completions that fire the body. */
  setSize(groupId: string, size: number): Promise<void>;
}
