import type { Delivery } from '../../amqp';
import { joinKey } from './join';
import type { OpenJoin } from './open-join';

/** A join with the messages that stand for it. */
export interface Held {
  readonly open: OpenJoin;
  readonly deliveries: Delivery[];
  settling: boolean;
}

/** The joins a gateway holds, by themselves and by the tasks they watch. */
export class HeldJoins {
  readonly #byKey = new Map<string, Held>();
  readonly #byTask = new Map<string, Set<Held>>();
  readonly #watched = new Map<Held, readonly string[]>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Held | undefined {
    return this.#byKey.get(key);
  }

  has(held: Held): boolean {
    return this.#watched.has(held);
  }

  /** Those that watch a task. */
  watching(taskId: string): Iterable<Held> {
    return this.#byTask.get(taskId) ?? [];
  }

  all(): Iterable<Held> {
    return this.#byKey.values();
  }

  /** @returns the tasks it watches from now on. */
  add(held: Held): readonly string[] {
    const { watched } = held.open;
    this.#byKey.set(joinKey(held.open.join), held);
    this.#watched.set(held, watched);
    for (const taskId of watched) {
      const watching = this.#byTask.get(taskId);
      if (watching) watching.add(held);
      else this.#byTask.set(taskId, new Set([held]));
    }
    return watched;
  }

  delete(held: Held): void {
    const watched = this.#watched.get(held);
    if (watched === undefined) return;
    this.#watched.delete(held);
    this.#byKey.delete(joinKey(held.open.join));
    for (const taskId of watched) {
      const watching = this.#byTask.get(taskId);
      watching?.delete(held);
      if (watching?.size === 0) this.#byTask.delete(taskId);
    }
  }

  clear(): void {
    this.#byKey.clear();
    this.#byTask.clear();
    this.#watched.clear();
  }
}
