import type { TaskRequest } from '../../celery/protocol';
import type { RevokedLookup } from './admission';

/** Celery's limits (celery/worker/state.py `REVOKES_MAX`, `REVOKE_EXPIRES`): oldest forgotten first, all after three hours. */
const MAX_REVOKED = 50_000;
const EXPIRES_MS = 3 * 3600 * 1000;

export interface RevokedTasksOptions {
  readonly maxIds?: number;
  readonly expiresMs?: number;
  /** Epoch ms. */
  readonly now?: () => number;
}

/** What is revoked, as it is written to a state file. */
export interface RevokedState {
  /** Oldest first. */
  readonly ids: readonly string[];
  readonly stamps: Readonly<Record<string, readonly unknown[]>>;
}

/** Ids and stamps revoked, in memory. */
export class RevokedTasks implements RevokedLookup {
  /** When each id was revoked, oldest first. */
  private readonly ids = new Map<string, number>();
  private readonly stamps = new Map<string, Set<unknown>>();
  private readonly maxIds: number;
  private readonly expiresMs: number;
  private readonly now: () => number;
  /** Called after each change; a state file listens. */
  onChange: () => void = () => undefined;

  constructor(options: RevokedTasksOptions = {}) {
    this.maxIds = options.maxIds ?? MAX_REVOKED;
    this.expiresMs = options.expiresMs ?? EXPIRES_MS;
    this.now = options.now ?? Date.now;
  }

  /** Ids come from here, another worker or a file alike: their time begins now (celery/worker/state.py `merge_revoked`). */
  add(ids: Iterable<string>): void {
    const now = this.now();
    let added = false;
    for (const id of ids) {
      this.ids.delete(id);
      this.ids.set(id, now);
      added = true;
    }
    if (!added) return;
    this.purge();
    this.onChange();
  }

  addStamps(header: string, values: Iterable<unknown>): void {
    const known = this.stamps.get(header) ?? new Set();
    for (const value of values) known.add(value);
    this.stamps.set(header, known);
    this.onChange();
  }

  /** By id, else by a stamp that carries a revoked value. */
  has(request: Pick<TaskRequest, 'id' | 'stampedHeaders' | 'stamps'>): boolean {
    if (this.ids.size > 0 && this.ids.has(request.id)) return true;
    return this.stamps.size > 0 && stampMatches(request, this.stamps);
  }

  /** Oldest first. */
  list(): readonly string[] {
    this.purge();
    return [...this.ids.keys()];
  }

  state(): RevokedState {
    const stamps = [...this.stamps].map(([header, values]) => [header, [...values]] as const);
    return { ids: this.list(), stamps: Object.fromEntries(stamps) };
  }

  private purge(): void {
    const expired = this.now() - this.expiresMs;
    for (const [id, at] of this.ids) {
      if (this.ids.size <= this.maxIds && at > expired) break;
      this.ids.delete(id);
    }
  }
}

/** Whether one of the request's stamps has one of the values; a stamp is a scalar or a list. */
export function stampMatches(
  request: Pick<TaskRequest, 'stampedHeaders' | 'stamps'>,
  wanted: ReadonlyMap<string, ReadonlySet<unknown>>,
): boolean {
  return request.stampedHeaders.some((header) => {
    const values = wanted.get(header);
    const stamp = request.stamps[header];
    if (values === undefined || stamp === null || stamp === undefined) return false;
    return (Array.isArray(stamp) ? stamp : [stamp]).some((value) => values.has(value));
  });
}
