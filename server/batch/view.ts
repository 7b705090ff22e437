import type { ProblemDocument, ProblemPlace } from '../http/problem';
import type { BatchOutcome } from './service';

/** What turns an error into a problem document. */
export type ProblemOf = (error: unknown, place: ProblemPlace) => ProblemDocument;

/** One task's outcome; `place` is the task in the request. */
export function outcomeView(outcome: BatchOutcome, problemOf: ProblemOf, place: ProblemPlace): object {
  if ('accepted' in outcome) {
    const { taskId, deduplicated } = outcome.accepted;
    return deduplicated === true ? { task_id: taskId, deduplicated } : { task_id: taskId };
  }
  const { task_id: taskId, ...problem } = problemOf(outcome.error, place);
  return { problem: taskId === undefined ? problem : { ...problem, task_id: taskId } };
}

export function batchView(
  outcomes: readonly BatchOutcome[],
  problemOf: ProblemOf,
  place: ProblemPlace,
): { readonly accepted: number; readonly refused: number; readonly results: readonly object[] } {
  const results = outcomes.map((outcome, index) =>
    outcomeView(outcome, problemOf, { ...place, path: `${place.path}#/tasks/${index}` }),
  );
  const accepted = outcomes.filter((outcome) => 'accepted' in outcome).length;
  return { accepted, refused: outcomes.length - accepted, results };
}
