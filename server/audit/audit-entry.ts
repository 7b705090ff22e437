/**
 * How a call ended. `begun`: on record before something that cannot be undone; its end is a record of its own. `unknown`: the
 * caller left before the answer, and what was asked for may have happened.
 */
export const OUTCOMES = ['begun', 'done', 'refused', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Who did what to what, why, and what came of it. */
export interface AuditEntry {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly request_id: string;
  /** Null: no valid key was given. */
  readonly key_id: string | null;
  readonly tenant: string | null;
  readonly address: string | null;
  /** The route's operation, such as `purgeQueue`. */
  readonly operation: string;
  readonly method: string;
  readonly route: string;
  /** The names in path and body: queue, task, worker, key. */
  readonly target: Readonly<Record<string, string>>;
  /** What the caller said in `X-Reason`. */
  readonly reason: string | null;
  readonly outcome: Outcome;
  /** Null where there was no answer (yet). */
  readonly status: number | null;
  /** Of the problem, where there was one. */
  readonly code: string | null;
  /** Numbers of the answer, such as how many messages were purged. */
  readonly counts: Readonly<Record<string, number>>;
}

/** An entry with its place in the chain. */
export interface AuditRecord extends AuditEntry {
  /** From 1 on, without a gap. */
  readonly seq: number;
  /** The hash of the record before; 64 zeros for the first. */
  readonly prev: string;
  /** HMAC-SHA-256 over the whole line up to here, 64 hexadecimal digits. */
  readonly hash: string;
}
