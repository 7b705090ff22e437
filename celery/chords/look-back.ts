import type { TaskMeta } from '../protocol';
import type { ResultFeed } from '../results';

/** Clocks differ, and a stream's timestamps are those of whole chunks. */
const MARGIN_MS = 60_000;
const GATHER_MS = 100;

interface Reading {
  readonly taskIds: Set<string>;
  sinceMs: number;
  readonly metas: Promise<ReadonlyMap<string, TaskMeta>>;
}

/** Reads results back that memory has no more: those of many joins, which come together after a takeover, in one pass. */
export class LookBack {
  readonly #feed: Pick<ResultFeed, 'readBack'>;
  #gathering: Reading | undefined;

  constructor(feed: Pick<ResultFeed, 'readBack'>) {
    this.#feed = feed;
  }

  /**
   * The metas of these tasks, and perhaps of others.
   * @param sinceMs epoch milliseconds; none of them reported before.
   * @throws as {@link ResultFeed.readBack}.
   */
  read(taskIds: Iterable<string>, sinceMs: number): Promise<ReadonlyMap<string, TaskMeta>> {
    this.#gathering ??= this.#gather();
    const reading = this.#gathering;
    for (const taskId of taskIds) reading.taskIds.add(taskId);
    reading.sinceMs = Math.min(reading.sinceMs, sinceMs - MARGIN_MS);
    return reading.metas;
  }

  #gather(): Reading {
    const gathered = new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS));
    const reading: Reading = {
      taskIds: new Set(),
      sinceMs: Number.POSITIVE_INFINITY,
      metas: gathered.then(() => {
        this.#gathering = undefined;
        return this.#feed.readBack(reading.taskIds, reading.sinceMs);
      }),
    };
    return reading;
  }
}
