/** Who may do the work that a key stands for, or what came of it; as every gateway of the vhost knows it. */
export interface Claim {
  readonly key: string;
  /** Names the one attempt that holds or held it. */
  readonly holder: string;
  /** What the key was first used for. */
  readonly fingerprint: string;
  /** `held`: the work is being done. `settled`: it is done, and `value` came of it. */
  readonly state: 'held' | 'settled';
  /** Epoch milliseconds; from then on the key is free. */
  readonly untilMs: number;
  /** What came of it; undefined where it is too long to keep in memory: see `offset`. */
  readonly value: string | undefined;
  /** Where in the stream the value stands. */
  readonly offset: number | undefined;
}

/** One entry of the stream of claims. */
export type ClaimRecord =
  | {
      readonly kind: 'claim';
      readonly key: string;
      readonly holder: string;
      readonly at: number;
      readonly forMs: number;
      readonly fingerprint: string;
      /** A holder whose claim this one may take over although it is not free. */
      readonly replaces?: string | undefined;
    }
  | {
      readonly kind: 'renew';
      readonly key: string;
      readonly holder: string;
      readonly at: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'settle';
      readonly key: string;
      readonly holder: string;
      readonly at: number;
      readonly forMs: number;
      readonly value: string;
    }
  | { readonly kind: 'release'; readonly key: string; readonly holder: string; readonly at: number };

/** Longer values stay in the stream and are read from there when they are asked for. */
const MAX_VALUE_IN_MEMORY = 1024;

/**
 * The claim on a key after one more record. It looks at nothing but its arguments, and the stream has one order for all
 * readers: so every gateway comes to the same holder, whatever its clock says.
 */
export function claimAfter(
  current: Claim | undefined,
  record: ClaimRecord,
  offset: number | undefined,
): Claim | undefined {
  const { key, holder } = record;
  if (record.kind === 'claim') {
    const taken = current !== undefined && record.at < current.untilMs && current.holder !== record.replaces;
    if (taken) return current;
    const { fingerprint, at, forMs } = record;
    return {
      key,
      holder,
      fingerprint,
      state: 'held',
      untilMs: at + forMs,
      value: undefined,
      offset: undefined,
    };
  }
  // Whoever lost a claim (its gateway stood still for longer than the lease) has no say in it any more.
  if (current?.holder !== holder || current.state === 'settled') return current;
  if (record.kind === 'release') return undefined;
  const untilMs = record.at + record.forMs;
  if (record.kind === 'renew') return { ...current, untilMs };
  const short = record.value.length <= MAX_VALUE_IN_MEMORY;
  return { ...current, state: 'settled', untilMs, value: short ? record.value : undefined, offset };
}

const KINDS: ReadonlySet<unknown> = new Set(['claim', 'renew', 'settle', 'release']);

/** A record as it was written; undefined for anything else that stands in the stream. */
export function readClaimRecord(content: Buffer): ClaimRecord | undefined {
  const value: unknown = JSON.parse(content.toString('utf8'));
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, key, holder, at, forMs } = value as Readonly<Record<string, unknown>>;
  const known = KINDS.has(kind) && typeof key === 'string' && typeof holder === 'string';
  const timed = typeof at === 'number' && (kind === 'release' || typeof forMs === 'number');
  return known && timed ? (value as ClaimRecord) : undefined;
}
