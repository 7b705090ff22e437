import type { TaskSubmission } from '../../celery/client';
import { ContentError, refuseCollection } from '../../celery/protocol';

const MAX_DEPTH = 512;

/**
 * A value as it can be handed to another thread and still be written the same: what has `toJSON` is asked for it, functions
 * and symbols fall away as JSON drops them. What needs no change is returned as it is.
 * @throws ContentError for a cycle, a depth beyond 512, a Map or a Set
 */
export function portable(value: unknown, depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || crossesAsItIs(value)) return value;
  if (depth > MAX_DEPTH) throw new ContentError('content_too_deep', `nested deeper than ${MAX_DEPTH} levels`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return portable(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.map((item) => portable(item, depth + 1) ?? null);
  refuseCollection(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, portable(member, depth + 1)]),
  );
}

/** A task to send, with its times as text: every reader takes that, also one of another realm. */
export function portableSubmission(submission: TaskSubmission): TaskSubmission {
  const { options = {} } = submission;
  const { eta, expires } = options;
  const times = {
    ...(eta instanceof Date ? { eta: eta.toISOString() } : {}),
    ...(expires instanceof Date ? { expires: expires.toISOString() } : {}),
  };
  return portable({ ...submission, options: { ...options, ...times } }) as TaskSubmission;
}

/** The structured clone keeps these; the writers of JSON know them. */
const crossesAsItIs = (value: object): boolean =>
  value instanceof Date || value instanceof Uint8Array || value instanceof Error;

/** Bytes come out of a structured clone as Uint8Array: makes them Buffers again, in place, as the clone is ours alone. */
export function withBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const container = value as Record<string, unknown>;
  for (const name of Object.keys(container)) {
    const member = container[name];
    if (typeof member === 'object' && member !== null) {
      Object.defineProperty(container, name, {
        value: withBuffers(member),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
  return container;
}
