/** One entry between those written before and after it. */
class Entry<K, V> {
  older: Entry<K, V> | undefined = undefined;
  newer: Entry<K, V> | undefined = undefined;

  constructor(
    readonly key: K,
    public value: V,
  ) {}
}

/**
 * A map with a limit on its entries: the one written longest ago is dropped first. Writing an entry again makes it the
 * newest; reading does not, so a poller cannot keep old entries alive at the cost of new ones.
 *
 * The order is kept in links. A `Map` by itself has it too, but leaves holes where entries were, and looks through all of them
 * for the first one left: with 100,000 entries that took a tenth of a millisecond for each one dropped.
 */
export class BoundedIndex<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #maxEntries: number;
  readonly #onDropped: ((key: K, value: V) => void) | undefined;
  #oldest: Entry<K, V> | undefined;
  #newest: Entry<K, V> | undefined;

  constructor(maxEntries: number, onDropped?: (key: K, value: V) => void) {
    this.#maxEntries = maxEntries;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      if (known === this.#newest) return;
      this.#unlink(known);
      this.#append(known);
      return;
    }
    const entry = new Entry(key, value);
    this.#entries.set(key, entry);
    this.#append(entry);
    if (this.#entries.size > this.#maxEntries) this.dropOldest();
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#unlink(entry);
    return this.#entries.delete(key);
  }

  /** The entry written longest ago. */
  oldest(): V | undefined {
    return this.#oldest?.value;
  }

  /** Drops the entry written longest ago. @returns false when there is none. */
  dropOldest(): boolean {
    const entry = this.#oldest;
    if (entry === undefined) return false;
    this.#unlink(entry);
    this.#entries.delete(entry.key);
    this.#onDropped?.(entry.key, entry.value);
    return true;
  }

  /** Oldest first. Not to be gone on with once the index was written to. */
  *values(): IterableIterator<V> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) yield entry.value;
  }

  /** As {@link values}, at a quarter of the cost: to go through all of a hundred thousand. */
  forEach(visit: (value: V) => void, newestFirst = false): void {
    if (newestFirst)
      for (let entry = this.#newest; entry !== undefined; entry = entry.older) visit(entry.value);
    else for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) visit(entry.value);
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  #append(entry: Entry<K, V>): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<K, V>): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // A dropped entry that somebody still holds must not hold the others.
    entry.older = undefined;
    entry.newer = undefined;
  }
}
