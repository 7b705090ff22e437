import type { NextStep } from '../client';
import {
  type CanvasResult,
  type ChordStep,
  ContentError,
  canvas,
  deserialize,
  type Signature,
  serialize,
} from '../protocol';
import { partsOf } from './starts-chord';

/** A task waited for, with the tasks whose failure means that it will not run; or a group of such, as the body receives them. */
export type Awaited = AwaitedTask | readonly Awaited[];

export interface AwaitedTask {
  readonly id: string;
  readonly after: readonly string[];
}

/** Something that waits for results and is started with them: a chord's body, or the steps after a task. */
export interface Join {
  /** `chord`: `next` is the body and gets the list of the header's results. The others: `next` get the one result. */
  readonly kind: 'chord' | 'step' | 'callback';
  /** Group id of the chord's header; id of the task waited for. */
  readonly id: string;
  readonly awaits: Awaited;
  readonly next: readonly NextStep[];
  /** Where results go; the joiner reads there. */
  readonly replyTo: string;
  /** Null: that of the last task to report. */
  readonly rootId: string | null;
  /** Epoch milliseconds. */
  readonly begunAt: number;
}

/** Message type of a join on its queue. */
export const JOIN_TYPE = 'celery-gateway.join';

/** Two joins of the same key are one: whoever began it did so twice. */
export const joinKey = ({ kind, id }: Join): string => `${kind} ${id}`;

const replyToOf = (sig: Signature): string => {
  for (const part of partsOf(sig))
    if (typeof part.options.reply_to === 'string') return part.options.reply_to;
  return '';
};

const rootOf = (sig: Signature): string | null =>
  typeof sig.options.root_id === 'string' ? sig.options.root_id : null;

const isGroup = (awaited: Awaited): awaited is readonly Awaited[] => Array.isArray(awaited);

/** What a result tree means to whoever waits for it. */
export const awaitedOf = (result: CanvasResult): Awaited => {
  const after: string[] = [];
  for (let parent = result.parent; parent !== null; parent = parent.parent) {
    if (parent.results === null) after.push(parent.id);
  }
  return result.results === null ? { id: result.id, after } : result.results.map(awaitedOf);
};

/** All tasks waited for, in order. */
export const tasksOf = (awaited: Awaited): readonly AwaitedTask[] =>
  isGroup(awaited) ? awaited.flatMap(tasksOf) : [awaited];

/** The awaited with each task's value in its place. */
export const valuesOf = (awaited: Awaited, lookUp: (taskId: string) => unknown): unknown =>
  isGroup(awaited) ? awaited.map((member) => valuesOf(member, lookUp)) : lookUp(awaited.id);

/** A chord as its header goes out. */
export const chordJoin = ({ groupId, header, body }: ChordStep, now: number): Join => ({
  kind: 'chord',
  id: groupId,
  awaits: awaitedOf(header),
  next: [{ signature: body, chain: [] }],
  replyTo: replyToOf(body),
  rootId: rootOf(body),
  begunAt: now,
});

/** A join as it travels. */
export const encodeJoin = (join: Join): Buffer => {
  const { kind, id, awaits, next, replyTo, rootId, begunAt } = join;
  const fields = {
    kind,
    id,
    awaits,
    next,
    reply_to: replyTo,
    root_id: rootId,
    begun_at: begunAt,
  };
  return serialize(fields, 'json').content;
};

const unreadable = (detail: string): ContentError => new ContentError('decode_failed', detail);

const isKind = (value: unknown): value is Join['kind'] =>
  value === 'chord' || value === 'step' || value === 'callback';

const awaitedIn = (value: unknown): Awaited => {
  if (Array.isArray(value)) return value.map(awaitedIn);
  const { id, after } = (value ?? {}) as Partial<AwaitedTask>;
  if (typeof id !== 'string' || !Array.isArray(after)) throw unreadable('the join waits for nothing');
  return { id, after: after.map(String) };
};

const nextIn = (value: unknown): readonly NextStep[] => {
  if (!Array.isArray(value) || value.length === 0) throw unreadable('the join has nothing to start');
  return value.map(({ signature, chain }: { signature?: unknown; chain?: unknown }) => ({
    signature: canvas.fromDict(signature),
    chain: Array.isArray(chain) ? chain.map((sig) => canvas.fromDict(sig)) : [],
  }));
};

/**
 * Reads {@link encodeJoin} back.
 * @throws ContentError, TaskError `TASK_INVALID` for what is no join: anybody may publish to a queue.
 */
export const decodeJoin = (content: Buffer): Join => {
  const value = deserialize(content, 'application/json', undefined) as Readonly<
    Record<string, unknown>
  > | null;
  const { kind, id, awaits, next, reply_to, root_id, begun_at } = value ?? {};
  if (!isKind(kind) || typeof id !== 'string') throw unreadable('this is no join');
  return {
    kind,
    id,
    awaits: awaitedIn(awaits),
    next: nextIn(next),
    replyTo: typeof reply_to === 'string' ? reply_to : '',
    rootId: typeof root_id === 'string' ? root_id : null,
    begunAt: typeof begun_at === 'number' ? begun_at : 0,
  };
};
