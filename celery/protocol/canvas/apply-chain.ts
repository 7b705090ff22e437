import type { ResultDraft } from './canvas-result';
import { type ChainDraft, type Draft, listOf } from './draft';
import { freeze } from './freeze';
import { extendOption } from './links';
import type { ApplyCall, ApplyContext } from './plan-step';
import { prepareSteps } from './prepare-steps';

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/**
 * Publishes the first step, which carries all others in reverse in its `chain`. The chain's callbacks go to its last step, its
 * errbacks to each, its other options to the first (celery/canvas.py `_chain.run`).
 */
export const applyChain = (chain: ChainDraft, call: ApplyCall, context: ApplyContext): ResultDraft | null => {
  const { args = [], kwargs = {}, options = {} } = call;
  const { group_id, group_index, chord, task_id, root_id, parent_id, link, link_error, ...rest } = {
    ...chain.options,
    ...options,
  };
  const { tasks, results } = prepareSteps(
    chain,
    {
      args: args.length > 0 && !chain.immutable ? [...args, ...chain.args] : chain.args,
      kwargs,
      linkErrors: listOf(link_error),
      id: textOf(task_id),
      groupId: textOf(group_id),
      groupIndex: typeof group_index === 'number' ? group_index : null,
      chord: (chord ?? null) as Draft | null,
      rootId: textOf(root_id),
      parentId: textOf(parent_id),
      copy: true,
    },
    { ...context, freeze },
  );
  const [last] = tasks;
  if (last !== undefined && link) extendOption(last, 'link', link);
  const first = tasks.pop();
  if (first === undefined) return null;
  const applied = context.apply(first, { options: { ...rest, chain: [...listOf(rest.chain), ...tasks] } });
  return tasks.length === 0 ? applied : (results[0] ?? null);
};
