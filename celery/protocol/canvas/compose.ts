import { type Signature, type SignatureOptions, signature } from '../signature';
import type { Canvas, ChordSignature, GroupSignature, TaskSignature } from './canvas';
import { type CanvasResult, resultValue } from './canvas-result';
import { type CloneParts, clone as cloneDraft, newChord } from './clone';
import { type Draft, newGroup } from './draft';
import { copiedOptions, toDraft, toValue } from './draft-value';
import { foldChain } from './fold-chain';
import { freeze as freezeDraft } from './freeze';
import type { FreezeContext, FreezeParts } from './freeze-parts';
import { link as linkDraft, linkError as linkErrorDraft, setImmutable } from './links';
import { pipe as pipeDrafts } from './pipe';
import { Stamper } from './stamp';
import type { StampingVisitor, Stamps } from './stamping-visitor';

const isList = (given: Signature | readonly Signature[]): given is readonly Signature[] =>
  Array.isArray(given);

/** `task.s(*args)`: the result of what runs before is put in front of the arguments. */
export const s = (task: string, ...args: readonly unknown[]): TaskSignature =>
  signature(task, { args }) as TaskSignature;

/** `task.si(*args)`: the result of what runs before is left out. */
export const si = (task: string, ...args: readonly unknown[]): TaskSignature =>
  signature(task, { args, immutable: true }) as TaskSignature;

/**
 * `chain(a, b, c)`, with Celery's upgrades as `a | b | c` does them: so what comes out can be a group or a chord's chain. One
 * signature not in a list stays as it is, as the only step.
 */
export const chain = (...tasks: readonly [readonly Signature[]] | readonly Signature[]): Canvas => {
  const [first] = tasks;
  if (tasks.length === 1 && first !== undefined && !isList(first)) {
    return { ...toValue(foldChain([])), kwargs: { tasks: [first as Canvas] } } as Canvas;
  }
  const list = first !== undefined && isList(first) ? first : (tasks as readonly Signature[]);
  return toValue(foldChain(list.map(toDraft)));
};

/** The one signature a group is made of, not in a list: a group's tasks, or a clone of anything else. */
const groupOfOne = (only: Draft): Draft[] =>
  only.subtask_type === 'group' ? only.kwargs.tasks : [cloneDraft(only)];

/** `group(a, b)` or `group([a, b])`; a group of a group is that group. */
export const group = (...tasks: readonly [readonly Signature[]] | readonly Signature[]): GroupSignature => {
  const [first] = tasks;
  if (first !== undefined && isList(first)) return toValue(newGroup(first.map(toDraft))) as GroupSignature;
  const drafts = (tasks as readonly Signature[]).map(toDraft);
  const [only] = drafts;
  const members = drafts.length === 1 && only !== undefined ? groupOfOne(only) : drafts;
  return toValue(newGroup(members)) as GroupSignature;
};

/** `chord(header, body)`; of a group or a chain as header its tasks are taken, anything else alone is a header of one. */
export const chord = (
  header: Signature | readonly Signature[],
  body: Signature | null = null,
): ChordSignature => {
  const tasks = isList(header) ? header.map(toDraft) : toDraft(header);
  return toValue(newChord(tasks, body && toDraft(body))) as ChordSignature;
};

/** `a | b | c`, each upgrade as in Celery: a group before a task becomes a chord, chains flatten, groups of one unroll. */
export const pipe = (first: Signature, ...rest: readonly Signature[]): Canvas =>
  toValue(rest.map(toDraft).reduce(pipeDrafts, toDraft(first)));

const changed = (sig: Signature, change: (draft: Draft) => void): Canvas => {
  const draft = toDraft(sig);
  change(draft);
  return toValue(draft);
};

/** `sig.set(**options)`, options in Celery's spelling. `immutable` of a group or chord is that of its tasks. */
export const set = (sig: Signature, options: SignatureOptions, immutable?: boolean): Canvas =>
  changed(sig, (draft) => {
    if (immutable !== undefined) setImmutable(draft, immutable);
    Object.assign(draft.options, copiedOptions(options));
  });

/** `sig.clone(args, kwargs, **options)`: arguments go in front, unless the signature is immutable; options lie over its own. */
export const clone = (sig: Signature, parts: CloneParts = {}): Canvas =>
  toValue(cloneDraft(toDraft(sig), { ...parts, options: copiedOptions(parts.options ?? {}) }));

/** The signature with a callback for its success: of a chord on the body, of a group on its first task. */
export const link = (sig: Signature, callback: Signature): Canvas =>
  changed(sig, (draft) => linkDraft(draft, toDraft(callback)));

/** The signature with a callback for its failure: of a group on each task, of a chord on the body. */
export const linkError = (sig: Signature, errback: Signature): Canvas =>
  changed(sig, (draft) => linkErrorDraft(draft, toDraft(errback)));

/** A canvas with ids, and the results these will have. */
export interface FrozenCanvas {
  readonly canvas: Canvas;
  readonly result: CanvasResult;
}

/** `sig.freeze(...)`. Publishing it sends these ids; publish a frozen canvas once. */
export const freeze = (
  sig: Signature,
  parts: Omit<FreezeParts, 'chord'>,
  context: FreezeContext,
): FrozenCanvas => {
  const draft = toDraft(sig);
  const result = freezeDraft(draft, parts, context);
  return { canvas: toValue(draft), result: resultValue(result) };
};

/** How {@link stamp} treats a stamp that is there already. */
export interface StampOptions {
  readonly visitor?: StampingVisitor;
  /** True: both stay, as a list. False, the default: the one that was there stays. */
  readonly append?: boolean;
}

/** `sig.stamp(visitor, append_stamps, **stamps)`. Without a visitor a chord's body is not stamped: as in Celery. */
export const stamp = (
  sig: Signature,
  stamps: Stamps,
  { visitor, append = false }: StampOptions = {},
): Canvas => changed(sig, (draft) => new Stamper(visitor, append).stamp(draft, structuredClone(stamps)));
