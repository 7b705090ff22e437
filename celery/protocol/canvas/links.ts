import { isDeepStrictEqual } from 'node:util';
import { canvasInvalid } from './canvas';
import { clone } from './clone';
import { type Draft, headerTasks, listOf } from './draft';

const listOption = (sig: Draft, name: string): Draft[] => {
  const items = listOf(sig.options[name]);
  sig.options[name] = items;
  return items;
};

/** Adds to a list option unless an equal signature is there (`append_to_list_option`). */
export const appendToOption = (sig: Draft, name: 'link' | 'link_error', value: Draft): void => {
  const items = listOption(sig, name);
  if (!items.some((item) => isDeepStrictEqual(item, value))) items.push(value);
};

/** Adds all to a list option, equal ones too (`extend_list_option`). */
export const extendOption = (sig: Draft, name: 'link' | 'link_error', values: unknown): void => {
  listOption(sig, name).push(...listOf(values));
};

/** Of a group and of a chord the flag is their tasks'; a chord's body keeps its own (`set_immutable` of each class). */
export const setImmutable = (sig: Draft, immutable: boolean): void => {
  if (sig.subtask_type === 'group') for (const task of sig.kwargs.tasks) setImmutable(task, immutable);
  else if (sig.subtask_type === 'chord') for (const task of headerTasks(sig)) setImmutable(task, immutable);
  else sig.immutable = immutable;
};

/** A callback of a group hangs on its first task, without its result; that of a chord on the body (`link` of each class). */
export const link = (sig: Draft, callback: Draft): void => {
  if (sig.subtask_type === 'group') {
    const [first] = sig.kwargs.tasks;
    const own = clone(callback);
    setImmutable(own, true);
    if (first === undefined) throw canvasInvalid('an empty group cannot have a callback');
    link(first, own);
  } else if (sig.subtask_type === 'chord') link(bodyOf(sig.kwargs.body), callback);
  else appendToOption(sig, 'link', callback);
};

/**
 * An errback of a group goes to each task; that of a chord to the body and to the chords in its header, not to other header
 * tasks: Celery's default of `task_allow_error_cb_on_chord_header` (`link_error` of each class).
 */
export const linkError = (sig: Draft, errback: Draft): void => {
  if (sig.subtask_type === 'group') {
    for (const task of sig.kwargs.tasks) linkError(task, clone(errback));
  } else if (sig.subtask_type === 'chord') {
    const { header, body } = sig.kwargs;
    for (const task of Array.isArray(header) ? header : []) {
      if (task.subtask_type === 'chord') linkError(task, errback);
    }
    linkError(bodyOf(body), errback);
  } else appendToOption(sig, 'link_error', errback);
};

/** @throws TaskError `TASK_INVALID`. */
export const bodyOf = (body: Draft | null | undefined): Draft => {
  if (body === null || body === undefined) throw canvasInvalid('the chord has no body');
  return body;
};

/**
 * A chain's steps as clones, its own callbacks on the last and its errbacks on each (`unchain_tasks`).
 * @throws TaskError `TASK_INVALID` when an empty chain has a callback.
 */
export const unchained = (chain: Draft & { subtask_type: 'chain' }): Draft[] => {
  const tasks = chain.kwargs.tasks.map((task) => clone(task));
  for (const callback of listOf(chain.options.link)) {
    const last = tasks.at(-1);
    if (last === undefined) throw canvasInvalid('an empty chain cannot have a callback');
    link(last, callback);
  }
  for (const errback of listOf(chain.options.link_error)) for (const task of tasks) linkError(task, errback);
  return tasks;
};
