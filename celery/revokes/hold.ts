/** When a revoked task could run, as far as it is known; epoch milliseconds. */
export interface RunWindow {
  /** Its ETA. */
  readonly notBefore?: number | undefined;
  /** When it expires: no worker runs it after that. */
  readonly notAfter?: number | undefined;
}

export interface HoldLimits {
  /** How long a revoke holds anyway. */
  readonly holdMs: number;
  /** How long one holds at most, however far off its task. */
  readonly maxHoldMs: number;
}

/** Tasks that are due around the same time share an entry of the log. */
const ROUND_UP_MS = 3_600_000;

/**
 * How long a revoke has to hold. A task with an ETA waits for it, and then for a worker like any other: so long from its ETA
 * on, but not beyond its expiry.
 */
export const holdUntil = (
  now: number,
  { holdMs, maxHoldMs }: HoldLimits,
  { notBefore, notAfter }: RunWindow = {},
): number => {
  const least = now + holdMs;
  const last = notAfter ?? (notBefore ?? now) + holdMs;
  if (last <= least) return least;
  return Math.min(Math.ceil(last / ROUND_UP_MS) * ROUND_UP_MS, now + Math.max(maxHoldMs, holdMs));
};
