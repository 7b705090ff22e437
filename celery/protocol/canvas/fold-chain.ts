import { clone, newChord } from './clone';
import { type Draft, isEmptyGroup, newChain, unrolledGroup } from './draft';
import { bodyOf, unchained } from './links';
import { pipe } from './pipe';

/** The steps so far, or what they became where the rules give no chain. */
type Merged = { readonly steps: Draft[] } | { readonly canvas: Draft };

const append = (steps: Draft[], step: Draft, copy: boolean): Merged => {
  steps.push(copy ? clone(step) : step);
  return { steps };
};

const mergeTask = (steps: Draft[], task: Draft, copy: boolean): Merged => {
  const last = steps.at(-1);
  if (last?.subtask_type === 'group') {
    steps[steps.length - 1] = newChord(last, copy ? clone(task) : task);
    return { steps };
  }
  if (last?.subtask_type === 'chord' && task.subtask_type !== 'chord') {
    last.kwargs.body = pipe(bodyOf(last.kwargs.body), task);
    return { steps };
  }
  return append(steps, task, copy);
};

const mergeGroup = (steps: Draft[], group: Draft, copy: boolean): Merged => {
  const last = steps.at(-1);
  if (last === undefined) return { canvas: group };
  if (last.subtask_type !== 'chord') return append(steps, group, copy);
  last.kwargs.body = pipe(bodyOf(last.kwargs.body), group);
  return { steps };
};

const merge = (steps: Draft[], next: Draft, copy: boolean): Merged => {
  if (isEmptyGroup(next)) return { steps };
  if (next.subtask_type === 'group') {
    const one = unrolledGroup(next);
    return one.subtask_type === 'group' ? mergeGroup(steps, one, copy) : merge(steps, one, copy);
  }
  if (next.subtask_type !== 'chain') return mergeTask(steps, next, copy);
  return mergeAll(steps, unchained(next), copy);
};

/** Once the rules gave something else than a chain, the rest is piped to it. */
const mergeAll = (steps: Draft[], tasks: readonly Draft[], copyLast: boolean): Merged => {
  for (const [index, task] of tasks.entries()) {
    const merged = merge(steps, task, copyLast || index !== tasks.length - 1);
    if ('canvas' in merged) return { canvas: tasks.slice(index + 1).reduce(pipe, merged.canvas) };
  }
  return { steps };
};

/** `chain(X, Y, Z)`: as `X | Y | Z` from an empty chain, in one pass (celery/canvas.py `_fold_chain`). */
export const foldChain = (tasks: readonly Draft[]): Draft => {
  const merged = mergeAll([], tasks, false);
  if ('canvas' in merged) return merged.canvas;
  const last = merged.steps.length - 1;
  return newChain(merged.steps.map((step, index) => (index === last ? step : clone(step))));
};
