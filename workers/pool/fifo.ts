/** A queue whose `shift` does not move the others: thousands of prefetched tasks may wait. */
export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.head += 1;
    if (this.head === this.items.length || this.head > 1024) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** Takes out what matches, keeping the order of the rest. */
  remove(matches: (item: T) => boolean): readonly T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (const item of this.toArray()) (matches(item) ? removed : kept).push(item);
    this.items = kept;
    this.head = 0;
    return removed;
  }

  toArray(): readonly T[] {
    return this.items.slice(this.head);
  }
}
