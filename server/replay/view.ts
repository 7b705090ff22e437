import type { ProblemDocument } from '../http/problem';
import type { ReplayedTask, ReplayOutcome } from './service';

export function replayedView({ taskId, replayOf }: ReplayedTask): object {
  return { task_id: taskId, replay_of: replayOf, status: 'PENDING' };
}

/** @param problemAt the problem document of one task, by its place in the list. */
export function bulkReplayView(
  outcomes: readonly ReplayOutcome[],
  problemAt: (error: unknown, index: number) => ProblemDocument,
): { readonly refused: number } {
  const results = outcomes.map((outcome, index) =>
    'error' in outcome
      ? { replay_of: outcome.replayOf, problem: problemAt(outcome.error, index) }
      : { replay_of: outcome.replayed.replayOf, task_id: outcome.replayed.taskId },
  );
  const refused = outcomes.filter((outcome) => 'error' in outcome).length;
  const counts = { count: outcomes.length, accepted: outcomes.length - refused, refused };
  return { dry_run: false, ...counts, results } as { readonly refused: number };
}

export function dryReplayView(taskIds: readonly string[]): object {
  const results = taskIds.map((taskId) => ({ replay_of: taskId }));
  return { dry_run: true, count: taskIds.length, accepted: 0, refused: 0, results };
}
