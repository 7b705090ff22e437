import { mergeSignature } from '../signature';
import {
  type ChordDraft,
  type ChordKwargs,
  type Draft,
  type DraftOptions,
  isRecord,
  mapSignatureOptions,
  newChain,
  newGroup,
} from './draft';

/** What {@link clone} lays over a signature. */
export interface CloneParts {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<DraftOptions>;
}

/** Python's deep copy of options: the signatures in them are new, their arguments and members are shared; one stays one. */
export const copyOptions = (options: Readonly<DraftOptions>, seen = new Map<Draft, Draft>()): DraftOptions =>
  mapSignatureOptions(options, (sig) => {
    const known = seen.get(sig);
    if (known !== undefined) return known;
    const copy = { ...sig };
    seen.set(sig, copy);
    copy.options = copyOptions(sig.options, seen);
    return copy;
  });

/**
 * The tasks of a chord's header, whatever it is given as: of a group or a chain its members, of anything else a list
 * (celery/canvas.py `_maybe_group`).
 */
export const headerOf = (header: Draft | readonly Draft[]): Draft[] => {
  if (Array.isArray(header)) return header.map((task: Draft) => clone(task));
  const sig = clone(header as Draft);
  return sig.subtask_type === 'group' || sig.subtask_type === 'chain' ? sig.kwargs.tasks : [sig];
};

export const newChord = (
  header: Draft | readonly Draft[],
  body: Draft | null,
  parts: Partial<Omit<ChordDraft, 'kwargs' | 'subtask_type'>> & { readonly kwargs?: object } = {},
): ChordDraft => {
  const kwargs =
    parts.kwargs !== undefined && Object.keys(parts.kwargs).length > 0 ? parts.kwargs : { kwargs: {} };
  return {
    task: parts.task ?? 'celery.chord',
    args: parts.args ?? [],
    kwargs: { ...kwargs, header: headerOf(header), body },
    options: parts.options ?? {},
    subtask_type: 'chord',
    immutable: parts.immutable ?? false,
  };
};

const chordOf = (draft: ChordDraft): ChordDraft => {
  const { header, body, ...kwargs }: ChordKwargs = draft.kwargs;
  return newChord(header, body, { ...draft, kwargs });
};

/** Builds the signature anew as its class would: chains and groups keep members and options only (`Signature.from_dict`). */
export const rebuilt = (draft: Draft): Draft => {
  switch (draft.subtask_type) {
    case 'chain':
      return newChain([...draft.kwargs.tasks], draft.options);
    case 'group':
      return newGroup([...draft.kwargs.tasks], draft.options);
    case 'chord':
      return chordOf(draft);
    default:
      return draft;
  }
};

const NOTHING: CloneParts = {};

const merged = (sig: Draft, { args = [], kwargs = {}, options = {} }: CloneParts): Draft =>
  mergeSignature(sig, args, kwargs, options) as Draft;

/**
 * A copy that shares what Celery's shares: the members of a group stay the very same, those of a chain and a chord are cloned
 * (celery/canvas.py `clone` of each class).
 */
export const clone = (sig: Draft, parts: CloneParts = NOTHING): Draft => {
  const { task, args, kwargs, options, subtask_type, immutable } =
    parts === NOTHING ? sig : merged(sig, parts);
  const copy = rebuilt({
    task,
    args,
    kwargs: { ...kwargs },
    options: copyOptions(options),
    subtask_type,
    immutable,
  } as Draft);
  if (copy.subtask_type === 'chain') copy.kwargs.tasks = copy.kwargs.tasks.map((step) => clone(step));
  if (copy.subtask_type === 'chord' && isRecord(copy.kwargs.body)) copy.kwargs.body = clone(copy.kwargs.body);
  return copy;
};

/** A clone whose group members and chord bodies are its own as well, so that linking to it changes no other (`_clone_with_members`). */
export const cloneWithMembers = (sig: Draft): Draft => {
  const copy = clone(sig);
  if (copy.subtask_type === 'group') copy.kwargs.tasks = copy.kwargs.tasks.map(cloneWithMembers);
  else if (copy.subtask_type === 'chord' && copy.kwargs.body !== null) {
    copy.kwargs.body = cloneWithMembers(copy.kwargs.body);
  }
  return copy;
};
