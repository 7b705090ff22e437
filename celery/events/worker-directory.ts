import { BoundedIndex } from '../streams';
import type { ReceivedEvent } from './received-event';

/** A worker as its events describe it. */
export interface WorkerSnapshot {
  readonly nodename: string;
  readonly alive: boolean;
  /** Epoch milliseconds of the last sign of life. */
  readonly lastSeen: number;
  readonly pid: number | null;
  readonly active: number | null;
  readonly processed: number | null;
  readonly loadavg: readonly number[] | null;
  /** `py-celery` and the like. */
  readonly software: string | null;
  readonly softwareVersion: string | null;
  readonly system: string | null;
}

export interface WorkerDirectoryOptions {
  readonly now?: (() => number) | undefined;
  /** Default 5000, as in celery/events/state.py. */
  readonly maxEntries?: number | undefined;
}

/** Told the nodename of a worker that has come online, or is heard of (again) after silence. */
export type WorkerListener = (nodename: string) => void;

interface Known extends Omit<WorkerSnapshot, 'alive'> {
  readonly expiresAt: number;
}

const DEFAULT_MAX_ENTRIES = 5000;
/** Heartbeats may be this many times late (celery/events/state.py `HEARTBEAT_EXPIRE_WINDOW`: 200 %). */
const EXPIRE_WINDOW = 2;
/** For senders that do not tell how often they beat. */
const DEFAULT_FREQ_SECONDS = 60;

/** Who is there, by worker events. Mirrors celery/events/state.py `Worker`. */
export class WorkerDirectory {
  readonly #workers: BoundedIndex<string, Known>;
  readonly #now: () => number;
  readonly #appeared = new Set<WorkerListener>();

  constructor({ now = Date.now, maxEntries = DEFAULT_MAX_ENTRIES }: WorkerDirectoryOptions = {}) {
    this.#now = now;
    this.#workers = new BoundedIndex(maxEntries);
  }

  /** Calls the listener for each worker that appears from now on, until the returned function is called. */
  onAppeared(listener: WorkerListener): () => void {
    this.#appeared.add(listener);
    return () => this.#appeared.delete(listener);
  }

  onEvent(event: ReceivedEvent): void {
    if (!event.type.startsWith('worker-')) return;
    const { hostname, fields, receivedAt } = event;
    const known = this.#workers.get(hostname);
    const freq = number(fields.freq) ?? DEFAULT_FREQ_SECONDS;
    const offline = event.type === 'worker-offline';
    const expiresAt = offline ? 0 : receivedAt + freq * EXPIRE_WINDOW * 1000;
    const now = this.#now();
    // A replayed event of a worker that is gone by now is no appearance.
    const appears = now < expiresAt && (event.type === 'worker-online' || now >= (known?.expiresAt ?? 0));
    this.#workers.set(hostname, {
      nodename: hostname,
      lastSeen: receivedAt,
      expiresAt,
      pid: number(fields.pid) ?? known?.pid ?? null,
      active: offline ? 0 : (number(fields.active) ?? known?.active ?? null),
      processed: number(fields.processed) ?? known?.processed ?? null,
      loadavg: loadavg(fields.loadavg) ?? known?.loadavg ?? null,
      software: text(fields.sw_ident) ?? known?.software ?? null,
      softwareVersion: text(fields.sw_ver) ?? known?.softwareVersion ?? null,
      system: text(fields.sw_sys) ?? known?.system ?? null,
    });
    if (appears) for (const listener of this.#appeared) listener(hostname);
  }

  get(nodename: string): WorkerSnapshot | undefined {
    const known = this.#workers.get(nodename);
    return known && this.#snapshot(known);
  }

  /** All workers heard of, the dead included. */
  list(): readonly WorkerSnapshot[] {
    return [...this.#workers.values()].map((known) => this.#snapshot(known));
  }

  /** Nodenames of the workers believed alive. */
  aliveNodes(): readonly string[] {
    const now = this.#now();
    const alive: string[] = [];
    for (const { nodename, expiresAt } of this.#workers.values()) if (now < expiresAt) alive.push(nodename);
    return alive;
  }

  #snapshot({ expiresAt, ...worker }: Known): WorkerSnapshot {
    return { ...worker, alive: this.#now() < expiresAt };
  }
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const loadavg = (value: unknown): readonly number[] | undefined =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'number') : undefined;
