import type { Signature } from '../signature';
import { isChain, isChord, isGroup } from './canvas';

/**
 * How many tasks of a header member report to its chord: one for a task, of a group all, of a chain its last step that has any,
 * of a chord its body (celery/canvas.py `_chord._descend`).
 */
export const chordSize = (sig: Signature | null): number => {
  if (sig === null) return 0;
  if (isGroup(sig)) return sig.kwargs.tasks.reduce((sum, task) => sum + chordSize(task), 0);
  if (isChord(sig)) return chordSize(sig.kwargs.body);
  if (!isChain(sig)) return 1;
  for (const step of sig.kwargs.tasks.toReversed()) {
    const size = chordSize(step);
    if (size > 0) return size;
  }
  return 0;
};
