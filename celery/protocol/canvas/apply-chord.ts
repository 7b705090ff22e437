import { type GroupResultId, type ResultDraft, resultValue } from './canvas-result';
import { withBodyCallbacks } from './chord-callbacks';
import { stripHeaderChords, unrollChords } from './chord-tail';
import { clone } from './clone';
import { type ChordDraft, type Draft, type DraftOptions, type GroupDraft, newGroup } from './draft';
import { toValue } from './draft-value';
import { freeze, freezeGroup } from './freeze';
import { bodyOf } from './links';
import type { ApplyCall, ApplyContext } from './plan-step';

const DELAYS = ['countdown', 'eta'] as const;

const without = (options: Readonly<DraftOptions>, ...names: readonly string[]): DraftOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** When the header starts. Not an option of the body, which starts when the header is done. */
const delayOf = (...sources: readonly Readonly<DraftOptions>[]): DraftOptions => {
  const delay: DraftOptions = {};
  for (const name of DELAYS) {
    const source = sources.find((options) => isSet(options[name]));
    if (source !== undefined) delay[name] = source[name];
  }
  return delay;
};

const headerGroup = (chord: ChordDraft, context: ApplyContext): GroupDraft => {
  const { header } = chord.kwargs;
  if (!Array.isArray(header)) return clone(header) as GroupDraft;
  return newGroup([...header], { task_id: chord.options.task_id || context.newId() });
};

/** The body as a copy with its part of the options: all but the parent, which is the header task that fires it. */
const chordBody = (chord: ChordDraft, call: ApplyCall): Draft => {
  const given = (call.kwargs?.body ?? chord.kwargs.body) as Draft | null;
  const delayed = DELAYS.filter((name) => isSet(call.options?.[name]));
  const options = without(call.options ?? {}, 'task_id', 'parent_id', 'link', 'link_error', ...delayed);
  return clone(bodyOf(given), { options });
};

const publishHeader = (
  header: GroupDraft,
  body: Draft,
  call: Required<ApplyCall> & { readonly groupId: string; readonly waits: Readonly<DraftOptions> },
  context: ApplyContext,
): ResultDraft | null => {
  const { groupId, waits, args, kwargs, options } = call;
  header.options.task_id = groupId;
  const rootId = (body.options.root_id ?? null) as string | null;
  const frozen = freezeGroup(header, { groupId, chord: body, rootId }, context);
  if (header.kwargs.tasks.length === 0) {
    // Nobody would ever fire the body.
    context.apply(body, { args: [[]] });
    return frozen;
  }
  context.add({
    kind: 'chord',
    groupId,
    header: resultValue(frozen) as GroupResultId,
    body: toValue(body),
    interval: (waits.interval ?? null) as number | null,
    maxRetries: (waits.max_retries ?? null) as number | null,
  });
  return context.apply(header, { args, kwargs, options: { ...options, task_id: groupId } });
};

/**
 * Freezes the body, gives it to every header task and publishes the header; an empty header runs the body at once. The result
 * is the body's, with the header's before it (celery/canvas.py `_chord.apply_async`, `run`).
 */
export const applyChord = (chord: ChordDraft, call: ApplyCall, context: ApplyContext): ResultDraft => {
  const given = call.options ?? {};
  const args = call.args?.length && !chord.immutable ? [...call.args, ...chord.args] : chord.args;
  const { body: _, ...extra } = call.kwargs ?? {};
  const kwargs = { ...chord.kwargs.kwargs, ...extra };
  const header = headerGroup(chord, context);
  const groupId = String(header.options.task_id || context.newId());
  const delay = delayOf(given, chord.options);
  const taskId = given.task_id ?? chord.options.task_id;
  const merged = { ...chord.options, ...without(given, 'interval', 'max_retries', 'eager') };
  const options = without(merged, 'task_id', ...DELAYS);
  let body = chordBody(chord, call);
  const rootId = (body.options.root_id ?? null) as string | null;
  body = withBodyCallbacks(body, options);
  Object.assign(body.options, without(options, 'parent_id'));
  if (body.subtask_type === 'chain') unrollChords(body);
  const id = typeof taskId === 'string' ? taskId : context.newId();
  const result = freeze(body, { id, groupId, rootId }, context);
  stripHeaderChords(body);
  const headerCall = {
    args,
    kwargs,
    options: { ...without(options, 'chain', 'chord'), ...delay },
    groupId,
    waits: { ...chord.options, ...given },
  };
  result.parent = publishHeader(header, body, headerCall, context);
  return result;
};
