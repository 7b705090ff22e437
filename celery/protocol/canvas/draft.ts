import type { SubtaskType } from '../signature';

/**
 * A canvas while it is worked on. Celery's rules are told in changes to shared objects (a header task holds the very body that
 * is frozen after it), so inside this room, and only here, a signature is an object that changes; values go in and come out.
 */
interface DraftBase {
  task: string;
  args: readonly unknown[];
  options: DraftOptions;
  immutable: boolean;
  chord_size?: number | null | undefined;
}

/** `link`, `link_error`, `chain` and `chord` hold drafts; everything else is the caller's own, never changed in place. */
export type DraftOptions = Record<string, unknown>;

export interface TaskDraft extends DraftBase {
  subtask_type: Exclude<SubtaskType, 'chain' | 'group' | 'chord'>;
  kwargs: Record<string, unknown>;
}

export interface ChainDraft extends DraftBase {
  subtask_type: 'chain';
  kwargs: { tasks: Draft[] };
}

export interface GroupDraft extends DraftBase {
  subtask_type: 'group';
  kwargs: { tasks: Draft[] };
}

export interface ChordDraft extends DraftBase {
  subtask_type: 'chord';
  kwargs: ChordKwargs;
}

export interface ChordKwargs {
  kwargs?: Record<string, unknown>;
  header: Draft[] | GroupDraft;
  body: Draft | null;
  [other: string]: unknown;
}

export type Draft = TaskDraft | ChainDraft | GroupDraft | ChordDraft;

/** Options whose values are signatures. */
const SIGNATURE_OPTIONS: readonly string[] = ['link', 'link_error', 'chain', 'chord'];

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isDraft = (value: unknown): value is Draft => isRecord(value) && typeof value.task === 'string';

/** One or many as a list; the list itself where it is one, so that adding to it is seen. */
export const listOf = (value: unknown): Draft[] => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Draft[];
};

/** The options with every signature in them put through `change`. */
export const mapSignatureOptions = (
  options: Readonly<DraftOptions>,
  change: (sig: Draft) => Draft,
): DraftOptions => {
  const mapped = { ...options };
  for (const name of SIGNATURE_OPTIONS) {
    const value = mapped[name];
    if (Array.isArray(value)) mapped[name] = value.map((item) => (isDraft(item) ? change(item) : item));
    else if (isDraft(value)) mapped[name] = change(value);
  }
  return mapped;
};

/** The members of a chain or group, or of a chord's header, wrapped in a group or not. */
export const headerTasks = (chord: ChordDraft): Draft[] => {
  const { header } = chord.kwargs;
  return Array.isArray(header) ? header : header.kwargs.tasks;
};

export const newChain = (tasks: Draft[], options: DraftOptions = {}): ChainDraft => ({
  task: 'celery.chain',
  args: [],
  kwargs: { tasks },
  options,
  subtask_type: 'chain',
  immutable: false,
});

export const newGroup = (tasks: Draft[], options: DraftOptions = {}): GroupDraft => ({
  task: 'celery.group',
  args: [],
  kwargs: { tasks },
  options,
  subtask_type: 'group',
  immutable: false,
});

export const isEmptyGroup = (draft: Draft): boolean =>
  draft.subtask_type === 'group' && draft.kwargs.tasks.length === 0;

/** A group of one is that one (celery/canvas.py `maybe_unroll_group`). */
export const unrolledGroup = (group: GroupDraft): Draft => {
  const [first, second] = group.kwargs.tasks;
  return first !== undefined && second === undefined ? first : group;
};

/** A chain whose first step is not a group; a group there would run the later steps once per member. */
export const isChainLedByTask = (body: Draft | null): body is ChainDraft => {
  if (body?.subtask_type !== 'chain') return false;
  const [first] = body.kwargs.tasks;
  return first !== undefined && first.subtask_type !== 'group';
};
