/** How a task is to be ended where it runs already; undefined leaves it running. */
export type TerminateSignal = string | undefined;

/** A revoke of tasks by id, or of all tasks that carry one of the stamps. */
export type RevokeEntry = RevokedIds | RevokedStamps;

interface RevokeTerms {
  /** Signal that ends a running task; undefined lets it run. */
  readonly terminateWith: TerminateSignal;
  /** Epoch milliseconds. */
  readonly revokedAt: number;
  readonly expiresAt: number;
}

export interface RevokedIds extends RevokeTerms {
  readonly kind: 'ids';
  readonly taskIds: readonly string[];
}

export interface RevokedStamps extends RevokeTerms {
  readonly kind: 'stamps';
  /** Values by the name of the stamped header. */
  readonly stamps: Readonly<Record<string, readonly string[]>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/** The text of an entry, as {@link readRevokeEntry} reads it. */
export const writeRevokeEntry = (entry: RevokeEntry): Buffer => Buffer.from(JSON.stringify(entry));

/** @returns undefined for what is no entry: anyone may publish to a stream. */
export const readRevokeEntry = (content: Buffer): RevokeEntry | undefined => {
  const json: unknown = JSON.parse(content.toString('utf8'));
  if (!isRecord(json)) return undefined;
  const { kind, terminateWith, revokedAt, expiresAt, taskIds, stamps } = json;
  if (typeof revokedAt !== 'number' || typeof expiresAt !== 'number') return undefined;
  const terms = {
    terminateWith: typeof terminateWith === 'string' ? terminateWith : undefined,
    revokedAt,
    expiresAt,
  };
  if (kind === 'ids') return { ...terms, kind, taskIds: texts(taskIds) };
  if (kind !== 'stamps' || !isRecord(stamps)) return undefined;
  const entries = Object.entries(stamps).map(([name, values]) => [name, texts(values)] as const);
  return { ...terms, kind, stamps: Object.fromEntries(entries) };
};
