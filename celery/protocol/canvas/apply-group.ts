import { canvasInvalid } from './canvas';
import { groupResult, type ResultDraft } from './canvas-result';
import { chordSize } from './chord-size';
import { clone } from './clone';
import type { Draft, DraftOptions, GroupDraft } from './draft';
import { freeze } from './freeze';
import type { ApplyCall, ApplyContext } from './plan-step';

interface Member {
  readonly task: Draft;
  readonly result: ResultDraft;
}

/** A group's leaves with their results. A nested group counts its own indexes from 0 (celery/canvas.py `group._prepared`). */
const membersOf = (
  tasks: readonly Draft[],
  groupId: string,
  rootId: string | null,
  context: ApplyContext,
): Member[] =>
  tasks.flatMap((member, groupIndex) => {
    const task = clone(member);
    if (task.subtask_type === 'group') return membersOf(task.kwargs.tasks, groupId, rootId, context);
    if (task.subtask_type === 'chain' && task.kwargs.tasks.length === 0) return [];
    return [{ task, result: freeze(task, { groupId, rootId, groupIndex }, context) }];
  });

const optionsFor = (group: GroupDraft, given: Readonly<DraftOptions>): DraftOptions => {
  const merged = { ...group.options, ...given };
  if (group.options.stamped_headers !== undefined) merged.stamped_headers = group.options.stamped_headers;
  return merged;
};

/**
 * Publishes every task of a group (celery/canvas.py `group.apply_async`, `_apply_tasks`). Of a chord's header the size comes before
 * the first task, where Celery has it before the last: to a chord that has been over, what is returned before counts for nothing.
 * @throws TaskError `TASK_INVALID` for callbacks: a group has none of its own.
 */
export const applyGroup = (group: GroupDraft, call: ApplyCall, context: ApplyContext): ResultDraft => {
  const { args = [], kwargs = {}, options = {} } = call;
  if (options.link !== undefined && options.link !== null) {
    throw canvasInvalid('a group cannot have a callback: use a chord');
  }
  if (options.link_error !== undefined && options.link_error !== null) {
    throw canvasInvalid('a group cannot have an errback: give it to each task');
  }
  if (group.kwargs.tasks.length === 0) return freeze(group, {}, context);
  const { task_id, chord, group_index: _, ...shared } = optionsFor(group, options);
  const groupId = typeof task_id === 'string' ? task_id : context.newId();
  const members = membersOf(group.kwargs.tasks, groupId, (shared.root_id ?? null) as string | null, context);
  if ((chord ?? members.at(-1)?.task.options.chord ?? null) !== null) {
    const size = members.reduce((sum, { task }) => sum + chordSize(task), 0);
    context.add({ kind: 'chord-size', groupId, size });
  }
  for (const { task } of members) {
    const body = chord ?? task.options.chord ?? null;
    context.apply(task, {
      args,
      kwargs,
      options: { ...shared, group_id: groupId, chord: body, add_to_parent: false },
    });
  }
  const [only] = members;
  const isOneGroup = members.length === 1 && only !== undefined && only.result.results !== null;
  const results = members.map(({ result }) => result);
  const result = isOneGroup ? only.result : groupResult(groupId, results);
  if (options.add_to_parent !== false) context.addToTrail(result);
  return result;
};
