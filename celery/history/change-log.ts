import { isBeyond, type LogName, type LogPlace, type LogPosition } from './log-position';

/** One piece of news, as it is kept for those who come back for what they missed. */
export interface Change {
  /**
   * `task-queued`, Celery's `task-*` and `worker-*` event types, `task-progress` (a state of the task's own was stored),
   * `task-result` (a result was stored), `task-forgotten`.
   */
  readonly type: string;
  /** A task's id, or a worker's nodename. */
  readonly subject: string;
  /** Of a task, after the change; null for a worker. */
  readonly state: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** With `task-progress`: what was reported. */
  readonly data?: unknown;
  /** Undefined where no stream is read, or before the copy of our own submission has come back. */
  readonly place: LogPlace | undefined;
  /** How far all logs were read with it; empty where {@link place} is undefined. Text is made of it for those who are told. */
  readonly position: LogPosition;
  /** From before this process: news of the past. */
  readonly replayed: boolean;
}

/** What was missed since a position. */
export interface Missed {
  readonly changes: readonly Change[];
  /** Some are no longer held: whoever needs all reads the tasks anew. */
  readonly gap: boolean;
}

const NOWHERE: LogPosition = { s: undefined, r: undefined, e: undefined };

/** The latest changes of each log, bounded; the same on each replica, since all read the same logs. */
export class ChangeLog {
  readonly #limit: number;
  readonly #rings: Record<LogName, Change[]> = { s: [], r: [], e: [] };
  /** The first place each ring could have held since it began to be written. */
  readonly #dropped: Record<LogName, boolean> = { s: false, r: false, e: false };
  #position: LogPosition = NOWHERE;

  /** @param limit changes held per log. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How far the logs have been read. */
  get position(): LogPosition {
    return this.#position;
  }

  /** Notes that a log was read to here, whether or not it was news. */
  advance(place: LogPlace): void {
    const { log } = place;
    const { s, r, e } = this.#position;
    const read = this.#position[log];
    // A stream that was deleted begins anew.
    if (read !== undefined && place.offset < read.offset) this.#rings[log] = [];
    this.#position = {
      s: log === 's' ? place : s,
      r: log === 'r' ? place : r,
      e: log === 'e' ? place : e,
    };
  }

  add(change: Omit<Change, 'position'>): Change {
    const { type, subject, state, at, data, place, replayed } = change;
    if (place === undefined) return { type, subject, state, at, data, place, position: NOWHERE, replayed };
    this.advance(place);
    // Written out, for this is done for each record that a start reads back.
    const kept = { type, subject, state, at, data, place, position: this.#position, replayed };
    const ring = this.#rings[place.log];
    ring.push(kept);
    if (ring.length >= this.#limit * 2) {
      this.#rings[place.log] = ring.slice(-this.#limit);
      this.#dropped[place.log] = true;
    }
    return kept;
  }

  /** All that came after a position, oldest first. */
  since(position: LogPosition): Missed {
    const changes: Change[] = [];
    let gap = false;
    for (const log of ['s', 'r', 'e'] as const) {
      const ring = this.#rings[log];
      const missed = ring.filter(({ place }) => place !== undefined && isBeyond(place, position));
      const [oldest] = ring;
      if (this.#dropped[log] && oldest?.place !== undefined && isBeyond(oldest.place, position)) gap = true;
      if (this.#isAhead(log, position)) gap = true;
      changes.push(...missed);
    }
    return { changes: changes.sort((a, b) => a.at - b.at), gap };
  }

  /** The position is of a stream that is no more, or of one this reader has not reached yet. */
  #isAhead(log: LogName, position: LogPosition): boolean {
    const [asked, read] = [position[log], this.#position[log]];
    return asked !== undefined && (read === undefined || asked.offset > read.offset);
  }
}
