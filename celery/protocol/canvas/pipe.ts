import { clone, newChord } from './clone';
import {
  type ChainDraft,
  type ChordDraft,
  type Draft,
  type GroupDraft,
  isEmptyGroup,
  newChain,
  unrolledGroup,
} from './draft';
import { bodyOf, unchained } from './links';

const withBody = (chord: ChordDraft, next: Draft): void => {
  chord.kwargs.body = pipe(bodyOf(chord.kwargs.body), next);
};

const taskPipe = (left: Draft, right: Draft): Draft => {
  if (right.subtask_type === 'chain') return newChain([left, ...unchained(right)]);
  return newChain([left, right.subtask_type === 'group' ? unrolledGroup(right) : right]);
};

const chainPipeGroup = (left: ChainDraft, group: GroupDraft): Draft => {
  const right = unrolledGroup(group);
  if (right.subtask_type !== 'group') return chainPipe(left, right);
  const tasks = unchained(left);
  const last = tasks.at(-1);
  if (last === undefined) return right;
  if (last.subtask_type === 'chord') {
    withBody(last, right);
    return newChain(tasks);
  }
  return newChain([...tasks, right]);
};

/** A group before a task becomes a chord; behind another chord the new one goes on in that one's body. */
const chordAtEnd = (left: ChainDraft, right: Draft): Draft => {
  const chain = clone(left) as ChainDraft;
  const tasks = chain.kwargs.tasks;
  const chord = newChord(tasks.pop() as Draft, right);
  const before = tasks.at(-1);
  if (before?.subtask_type === 'chord') withBody(before, chord);
  else tasks.push(chord);
  return chain;
};

const chainPipe = (left: ChainDraft, right: Draft): Draft => {
  if (isEmptyGroup(right)) return left;
  if (right.subtask_type === 'group') return chainPipeGroup(left, right);
  if (right.subtask_type === 'chain') return unchained(right).reduce(pipe, left);
  const last = left.kwargs.tasks.at(-1);
  if (last?.subtask_type === 'group') return chordAtEnd(left, right);
  if (last?.subtask_type === 'chord' && right.subtask_type !== 'chord') {
    const chain = clone(left) as ChainDraft;
    withBody(chain.kwargs.tasks.at(-1) as ChordDraft, right);
    return chain;
  }
  return newChain([...unchained(left), right]);
};

const chordPipe = (left: ChordDraft, right: Draft): Draft => {
  const lone = right.subtask_type === 'group' && right.kwargs.tasks.length === 1;
  const isComposite = right.subtask_type === 'group' || right.subtask_type === 'chain';
  if (isComposite && !lone) return taskPipe(left, right);
  const chord = clone(left) as ChordDraft;
  withBody(chord, lone ? unrolledGroup(right) : right);
  return chord;
};

/** `left | right` with all upgrades (celery/canvas.py `__or__` of each class). */
export function pipe(left: Draft, right: Draft): Draft {
  switch (left.subtask_type) {
    case 'chain':
      return chainPipe(left, right);
    case 'group':
      return isEmptyGroup(right) ? left : newChord(left, right);
    case 'chord':
      return chordPipe(left, right);
    default:
      return taskPipe(left, right);
  }
}
