import { canvasInvalid } from './canvas';
import { groupResult, type ResultDraft, taskResult } from './canvas-result';
import { clone } from './clone';
import {
  type ChordDraft,
  type Draft,
  type GroupDraft,
  isEmptyGroup,
  newGroup,
  type TaskDraft,
} from './draft';
import type { FreezeContext, FreezeParts } from './freeze-parts';
import { prepareSteps } from './prepare-steps';

/** Python takes an empty group for nothing. */
const isPresent = (chord: Draft | null | undefined): boolean =>
  chord !== null && chord !== undefined && !isEmptyGroup(chord);

const freezeTask = (sig: Draft, parts: FreezeParts, context: FreezeContext): ResultDraft => {
  const { options } = sig;
  if (!('task_id' in options)) options.task_id = parts.id || context.newId();
  if (parts.rootId) options.root_id = parts.rootId;
  if (parts.parentId) options.parent_id = parts.parentId;
  if (!('reply_to' in options)) options.reply_to = context.replyTo;
  if (parts.groupId && !('group_id' in options)) options.group_id = parts.groupId;
  if (isPresent(parts.chord)) options.chord = parts.chord;
  if (typeof parts.groupIndex === 'number') options.group_index = parts.groupIndex;
  return taskResult(String(options.task_id));
};

/** A group's leaves: groups in it are taken apart, each from its last task to its first, empty chains left out. */
const leavesOf = (group: GroupDraft): Draft[] => {
  const stack = [...group.kwargs.tasks].reverse();
  const leaves: Draft[] = [];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    if (task.subtask_type === 'group') stack.push(...task.kwargs.tasks);
    else if (task.subtask_type !== 'chain' || task.kwargs.tasks.length > 0) leaves.push(clone(task));
  }
  return leaves;
};

/** Gives a group its id and freezes its leaves in place of its tasks (celery/canvas.py `_freeze_group_tasks`). */
export const freezeGroup = (group: GroupDraft, parts: FreezeParts, context: FreezeContext): ResultDraft => {
  const { options } = group;
  if (!('task_id' in options)) options.task_id = context.newId();
  if (parts.groupId) options.group_id = parts.groupId;
  if (isPresent(parts.chord)) options.chord = parts.chord;
  if (typeof parts.groupIndex === 'number') options.group_index = parts.groupIndex;
  if (!('root_id' in options)) options.root_id = parts.rootId ?? null;
  if (!('parent_id' in options)) options.parent_id = parts.parentId ?? null;
  const leaves = leavesOf(group);
  const shared = {
    groupId: parts.groupId,
    chord: parts.chord,
    rootId: options.root_id as string | null,
    parentId: options.parent_id as string | null,
  };
  const results = leaves.map((task, groupIndex) => freeze(task, { ...shared, groupIndex }, context));
  group.kwargs.tasks.splice(0, group.kwargs.tasks.length, ...leaves);
  return groupResult(String(options.task_id), results);
};

/** The result nothing came before. @throws TaskError when an id comes twice, as Celery refuses it. */
const earliest = (result: ResultDraft): ResultDraft => {
  const seen = new Set<string>();
  let node = result;
  for (;;) {
    if (seen.has(node.id)) throw canvasInvalid('a result is its own ancestor');
    seen.add(node.id);
    if (node.parent === null) return node;
    node = node.parent;
  }
};

const freezeChord = (chord: ChordDraft, parts: FreezeParts, context: FreezeContext): ResultDraft => {
  const { rootId, parentId } = parts;
  const { header, body } = chord.kwargs;
  const group = Array.isArray(header) ? newGroup(header) : header;
  chord.kwargs.header = group;
  const before = freezeGroup(group, { parentId, rootId, chord: body }, context);
  chord.options.task_id = group.options.task_id;
  // Celery answers None here, and whoever asked for it falls over.
  if (body === null) throw canvasInvalid('the chord has no body');
  const result = freeze(body, { ...parts, parentId: undefined }, context);
  earliest(result).parent = before;
  return result;
};

/**
 * Gives a draft and all in it their ids and whatever of root, parent, group and chord they belong to; ids already there stay.
 * Answers where the results will be (celery/canvas.py `freeze` of each class).
 */
export function freeze(sig: Draft, parts: FreezeParts, context: FreezeContext): ResultDraft {
  switch (sig.subtask_type) {
    case 'chain': {
      const prepared = prepareSteps(sig, { ...parts, args: sig.args, copy: false }, { ...context, freeze });
      const [result] = prepared.results;
      if (result === undefined) throw canvasInvalid('the chain is empty');
      return result;
    }
    case 'group':
      return freezeGroup(sig, parts, context);
    case 'chord':
      return freezeChord(sig, parts, context);
    default:
      return freezeTask(sig satisfies TaskDraft, parts, context);
  }
}
