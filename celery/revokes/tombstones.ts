import { BoundedIndex } from '../streams';
import type { RevokedIds, RevokedStamps, RevokeEntry, TerminateSignal } from './revoke-entry';

/** Revokes that end the same way, for one broadcast. */
export interface RevokeBatch {
  readonly terminateWith: TerminateSignal;
  readonly taskIds: readonly string[];
}

/** Stamps revoked together. */
export interface StampBatch {
  readonly terminateWith: TerminateSignal;
  readonly stamps: Readonly<Record<string, readonly string[]>>;
}

interface Tombstone {
  readonly taskId: string;
  /** What was written of it, with other ids. */
  readonly entry: RevokedIds;
  /** When it was last written, epoch milliseconds. */
  readonly writtenAt: number;
}

/** Ids in one entry or one broadcast: some 60 kB. */
export const BATCH = 1000;
const MAX_STAMP_ENTRIES = 1000;

/** The revokes that hold now, in memory. */
export class Tombstones {
  readonly #ids: BoundedIndex<string, Tombstone>;
  #stamps: RevokedStamps[] = [];

  /** @param maxIds the oldest go first. */
  constructor(
    maxIds: number,
    private readonly now: () => number,
  ) {
    this.#ids = new BoundedIndex(maxIds);
  }

  note(entry: RevokeEntry, writtenAt: number): void {
    if (entry.expiresAt <= this.now()) return;
    if (entry.kind === 'ids') {
      for (const taskId of entry.taskIds) this.#ids.set(taskId, { taskId, entry, writtenAt });
      return;
    }
    const text = JSON.stringify(entry.stamps);
    const others = this.#stamps.filter(({ stamps }) => JSON.stringify(stamps) !== text);
    this.#stamps = [...others, entry].slice(-MAX_STAMP_ENTRIES);
  }

  expiryOf(taskId: string): number | undefined {
    const expiresAt = this.#ids.get(taskId)?.entry.expiresAt;
    return expiresAt !== undefined && expiresAt > this.now() ? expiresAt : undefined;
  }

  /** Oldest first. */
  ids(): readonly string[] {
    return this.#held().map(({ taskId }) => taskId);
  }

  /** The same for broadcasting: at most 1000 ids each, by how running tasks are to be ended. */
  idBatches(): readonly RevokeBatch[] {
    const bySignal = groupedBy(this.#held(), ({ entry }) => entry.terminateWith);
    return [...bySignal].flatMap(([terminateWith, stones]) =>
      portions(stones).map((some) => ({ terminateWith, taskIds: some.map(({ taskId }) => taskId) })),
    );
  }

  stampBatches(): readonly StampBatch[] {
    this.#stamps = this.#stamps.filter(({ expiresAt }) => expiresAt > this.now());
    return this.#stamps.map(({ terminateWith, stamps }) => ({ terminateWith, stamps }));
  }

  /** What has to be written again: it holds for longer than the log keeps an entry, and was written before a moment. */
  toRenew(before: number, keptMs: number): readonly RevokedIds[] {
    const due = this.#held().filter(
      ({ entry, writtenAt }) => writtenAt < before && entry.expiresAt > writtenAt + keptMs,
    );
    const alike = groupedBy(due, ({ entry }) => entry);
    return [...alike].map(([entry, stones]) => ({ ...entry, taskIds: stones.map(({ taskId }) => taskId) }));
  }

  /** Frees the memory of what has expired. */
  purge(): void {
    const now = this.now();
    for (const { taskId, entry } of [...this.#ids.values()]) {
      if (entry.expiresAt <= now) this.#ids.delete(taskId);
    }
  }

  #held(): readonly Tombstone[] {
    const now = this.now();
    return [...this.#ids.values()].filter(({ entry }) => entry.expiresAt > now);
  }
}

/** A list in parts of at most {@link BATCH}. */
export const portions = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / BATCH) }, (_, at) => list.slice(at * BATCH, (at + 1) * BATCH));

/** Lists of what has the same key, in order of their first. */
export const groupedBy = <T, K>(list: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};
