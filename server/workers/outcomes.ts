import type { ControlReplies } from '../../celery';

/** What one worker made of a command. */
export interface WorkerOutcome {
  readonly hostname: string;
  /** `sent`: the command has no answer, but the worker is there. */
  readonly status: 'ok' | 'refused' | 'no_reply' | 'sent';
  readonly message: string | null;
}

const MAX_MESSAGE = 2048;

export const byName = (one: string, other: string): number => (one < other ? -1 : 1);

export const noReply = (hostname: string): WorkerOutcome => ({ hostname, status: 'no_reply', message: null });

/** `{"ok": ...}` is consent; all else, an `error` mostly, is not. */
export function outcomesOf({ replies, missing }: ControlReplies): readonly WorkerOutcome[] {
  const told = Object.entries(replies).map(([hostname, reply]): WorkerOutcome => {
    const { ok, error } = (typeof reply === 'object' && reply !== null ? reply : {}) as Readonly<
      Record<string, unknown>
    >;
    if (ok !== undefined) return { hostname, status: 'ok', message: text(ok) };
    return { hostname, status: 'refused', message: text(error ?? reply) };
  });
  return [...told, ...missing.map(noReply)].sort((one, other) => byName(one.hostname, other.hostname));
}

function text(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_MESSAGE);
}
