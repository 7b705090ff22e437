/** `problem` keeps the gateway from working, `warning` will hurt some day, `skipped` could not be looked at. */
export type FindingState = 'ok' | 'warning' | 'problem' | 'skipped';

/** What one look at one thing told. Never holds a secret. */
export interface Finding {
  readonly check: string;
  readonly state: FindingState;
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function finding(check: string, state: FindingState, detail: string, fix?: string): Finding {
  return { check, state, detail, ...(fix === undefined ? {} : { fix }) };
}

/** The words of an error, without what it was caused by. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
