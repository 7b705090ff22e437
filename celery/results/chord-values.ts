import {
  type CanvasResult,
  decodeException,
  exceptionRepr,
  PROPAGATE_STATES,
  PythonError,
  READY_STATES,
  type TaskMeta,
} from '../protocol';
import type { ChordClaim, ReturnedPart } from './chord-parts';

/** What a complete chord comes to: the list its body receives, or why it receives none, in Celery's words. */
export type ChordValues =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly cause: PythonError;
      /** Whose error it is. */
      readonly taskId: string;
    };

type Known = Pick<ReturnedPart, 'state' | 'result'>;

/** A header task's error on its way up through the structure. */
class PartFailed extends Error {
  constructor(
    readonly taskId: string,
    override readonly cause: PythonError,
  ) {
    super('a header task failed');
  }
}

const errorOf = ({ result }: Known): PythonError => {
  const { type, module, args } = decodeException(result);
  return new PythonError(type, module, args);
};

const flat = (parts: readonly ReturnedPart[]): ChordValues => {
  const bad = parts.find(({ state }) => PROPAGATE_STATES.has(state));
  if (bad === undefined) return { kind: 'values', values: parts.map(({ result }) => result) };
  const cause = errorOf(bad);
  return {
    kind: 'failed',
    reason: `Dependency ${bad.taskId} raised ${exceptionRepr(cause)}`,
    cause,
    taskId: bad.taskId,
  };
};

/** Celery looks at the groups in a header first, and so finds their failures first. */
const joined = async (
  members: readonly CanvasResult[],
  knownOf: (taskId: string) => Promise<Known>,
): Promise<unknown[]> => {
  const values = new Map<CanvasResult, unknown>();
  for (const member of members) {
    if (member.results !== null) values.set(member, await joined(member.results, knownOf));
  }
  for (const member of members) {
    if (member.results !== null) continue;
    const known = await knownOf(member.id);
    if (PROPAGATE_STATES.has(known.state)) throw new PartFailed(member.id, errorOf(known));
    values.set(member, known.result);
  }
  return members.map((member) => values.get(member));
};

/** An inner chord's error goes up as it is: Celery wraps every other one. */
const joinError = (cause: PythonError): string => {
  const [message] = cause.excArgs;
  const isChordError = cause.excType === 'ChordError' && cause.excModule === 'celery.exceptions';
  return isChordError && typeof message === 'string' ? message : `Join error: ${exceptionRepr(cause)}`;
};

const structured = async (
  header: CanvasResult,
  parts: readonly ReturnedPart[],
  read: (taskId: string) => Promise<TaskMeta | null>,
): Promise<ChordValues> => {
  const byTask = new Map(parts.map((part) => [part.taskId, part]));
  const knownOf = async (taskId: string): Promise<Known> => {
    const part = byTask.get(taskId);
    if (part !== undefined) return part;
    const meta = await read(taskId);
    if (meta !== null && READY_STATES.has(meta.status)) return { state: meta.status, result: meta.result };
    throw new PartFailed(
      taskId,
      new PythonError('TimeoutError', 'celery.exceptions', [`no result of ${taskId}`]),
    );
  };
  try {
    return { kind: 'values', values: await joined(header.results ?? [], knownOf) };
  } catch (error) {
    if (!(error instanceof PartFailed)) throw error;
    const { cause, taskId } = error;
    return { kind: 'failed', reason: joinError(cause), cause, taskId };
  }
};

/**
 * Joins a chord's parts as its body is to receive them: in the header's order, groups in it as lists. Any part that failed or
 * was revoked fails the chord (celery/backends/redis.py `on_chord_part_return`, `_unpack_chord_result`).
 * @param read the stored result of a header task whose part is not there.
 */
export const chordValues = (
  { header, parts }: Pick<ChordClaim, 'header' | 'parts'>,
  read: (taskId: string) => Promise<TaskMeta | null>,
): Promise<ChordValues> => (header === null ? Promise.resolve(flat(parts)) : structured(header, parts, read));
