/**
 * A map with a limit on its entries: the one written longest ago is dropped first. Writing an entry again makes it the
 * newest; reading does not, so a poller cannot keep old entries alive at the cost of new ones.
 */
export class BoundedIndex<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #maxEntries: number;
  readonly #onDropped: ((key: K, value: V) => void) | undefined;

  constructor(maxEntries: number, onDropped?: (key: K, value: V) => void) {
    this.#maxEntries = maxEntries;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#maxEntries) this.dropOldest();
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** The entry written longest ago. */
  oldest(): V | undefined {
    return this.#entries.values().next().value;
  }

  /** Drops the entry written longest ago. @returns false when there is none. */
  dropOldest(): boolean {
    const first = this.#entries.entries().next();
    if (first.done === true) return false;
    const [key, value] = first.value;
    this.#entries.delete(key);
    this.#onDropped?.(key, value);
    return true;
  }

  /** Oldest first. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries.clear();
  }
}
