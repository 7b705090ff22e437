/** What a key holds, and since which entry of the log. */
export interface Keyed<V> {
  readonly value: V;
  /** Offset of the entry that wrote it: whoever writes next says which one it has seen. */
  readonly version: number;
}

/** One write as the log has it. */
export interface KeyedEntry<V> {
  readonly key: string;
  /** Undefined removes the key. */
  readonly value: V | undefined;
  /** The version the writer had seen; null: none. */
  readonly expects: number | null;
}

interface Slot<V> {
  readonly value: V | undefined;
  readonly version: number;
  /**
   * Set where the history before the log's beginning decided whether this write counted, and nobody can look: the version
   * that its writer had seen, -1 for none.
   */
  readonly assumed?: number | undefined;
}

/** Removed keys are remembered, so that a late write to one is not taken for one from before the log's beginning. */
const MAX_REMOVED = 10_000;

/**
 * The state that a log of conditional writes adds up to. A write counts when its writer had seen the latest one that did;
 * every reader of the log decides the same, so of two writers at the same moment one wins and both know which.
 *
 * The broker drops the oldest entries. A write on top of dropped history is believed, until one with a later base tells that
 * it had lost: a base is proof that the write it names did count.
 */
export class KeyedState<V> {
  readonly #slots = new Map<string, Slot<V>>();
  readonly #removed = new Set<string>();
  /** Offset of the first entry read. */
  #first: number | undefined;

  get(key: string): Keyed<V> | undefined {
    const slot = this.#slots.get(key);
    return slot?.value === undefined ? undefined : { value: slot.value, version: slot.version };
  }

  /** Keys that hold something, in the order they were first written. */
  *entries(): IterableIterator<readonly [string, Keyed<V>]> {
    for (const [key, { value, version }] of this.#slots) {
      if (value !== undefined) yield [key, { value, version }];
    }
  }

  /** Any entry of the log, counted or not, tells where the log begins. */
  seen(offset: number): void {
    this.#first ??= offset;
  }

  /** @returns whether the write counted. */
  apply({ key, value, expects }: KeyedEntry<V>, offset: number): boolean {
    this.seen(offset);
    const known = this.#slots.get(key);
    const verdict = this.#judge(known, expects);
    if (verdict === 'lost') return false;
    const assumed = verdict === 'assumed' ? (expects ?? -1) : undefined;
    this.#slots.set(key, { value, version: offset, assumed });
    this.#remember(key, value === undefined);
    return true;
  }

  #judge(known: Slot<V> | undefined, expects: number | null): 'counted' | 'assumed' | 'lost' {
    const first = this.#first ?? 0;
    const base = expects ?? -1;
    if (known === undefined) {
      if (first === 0) return expects === null ? 'counted' : 'lost';
      return base < first ? 'assumed' : 'lost';
    }
    if (known.version === expects) return 'counted';
    if (expects === null && known.value === undefined) return 'counted';
    return known.assumed !== undefined && base < first && base > known.assumed ? 'assumed' : 'lost';
  }

  #remember(key: string, removed: boolean): void {
    this.#removed.delete(key);
    if (!removed) return;
    this.#removed.add(key);
    if (this.#removed.size <= MAX_REMOVED) return;
    const [oldest] = this.#removed;
    if (oldest === undefined) return;
    this.#removed.delete(oldest);
    this.#slots.delete(oldest);
  }
}
