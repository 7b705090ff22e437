import { clone } from './clone';
import { type ChainDraft, type ChordDraft, type Draft, headerTasks, isChainLedByTask } from './draft';
import { bodyOf, unchained } from './links';

/** Options a chain uses up itself when it runs; its first task gets the others (`_CHAIN_RUN_OPTIONS`). */
const CHAIN_RUN_OPTIONS: ReadonlySet<string> = new Set([
  'chord',
  'group_id',
  'group_index',
  'link',
  'link_error',
  'parent_id',
  'root_id',
  'task_id',
]);

/**
 * A chord with only the first task of its body, and the rest of the body as steps after it. Each header task carries a copy of
 * the body: left as it was, a long chain would travel once per header task (celery/canvas.py `_unroll_body`).
 */
export const unrolledBody = (chord: ChordDraft): Draft[] => {
  const copy = clone(chord) as ChordDraft;
  const body = bodyOf(copy.kwargs.body) as ChainDraft;
  const [first, ...rest] = unchained(body);
  const options = Object.fromEntries(
    Object.entries(body.options).filter(([name]) => !CHAIN_RUN_OPTIONS.has(name)),
  );
  copy.kwargs.body = clone(first as Draft, { options });
  return [copy, ...rest];
};

/** Splits the chords in a chain that is a chord's body before it is frozen, in place (`_unroll_chords`). */
export const unrollChords = (chain: ChainDraft): void => {
  const pending = [...chain.kwargs.tasks].reverse();
  const tasks: Draft[] = [];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    let step = task;
    if (step.subtask_type === 'chain') {
      step = clone(step);
      unrollChords(step as ChainDraft);
    }
    if (step.subtask_type === 'chord' && isChainLedByTask(step.kwargs.body)) {
      pending.push(...unrolledBody(step).reverse());
    } else tasks.push(step);
  }
  chain.kwargs.tasks = tasks;
};

const clearChord = (sig: Draft): void => {
  delete sig.options.chord;
  if (sig.subtask_type === 'group') for (const task of sig.kwargs.tasks) clearChord(task);
  else if (sig.subtask_type === 'chain') {
    const last = sig.kwargs.tasks.at(-1);
    if (last !== undefined) clearChord(last);
  } else if (sig.subtask_type === 'chord' && sig.kwargs.body !== null) clearChord(sig.kwargs.body);
};

/**
 * Takes the body off the header tasks of chords that are still to come: the chord has it already, and puts it back when it
 * starts (`_strip_chord_header_links`).
 */
export const stripHeaderChords = (sig: Draft): void => {
  if (sig.subtask_type === 'chord') {
    if (!Array.isArray(sig.kwargs.header)) delete sig.kwargs.header.options.chord;
    for (const task of headerTasks(sig)) {
      clearChord(task);
      stripHeaderChords(task);
    }
    if (sig.kwargs.body !== null) stripHeaderChords(sig.kwargs.body);
  } else if (sig.subtask_type === 'group' || sig.subtask_type === 'chain') {
    for (const task of sig.kwargs.tasks) stripHeaderChords(task);
  }
};
