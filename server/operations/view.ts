import type { OperationSnapshot } from './operation';

export function operationView(snapshot: OperationSnapshot): object {
  const { progress } = snapshot;
  return {
    operation_id: snapshot.id,
    kind: snapshot.kind,
    queue_name: snapshot.queue,
    dry_run: snapshot.dryRun,
    state: snapshot.state.toUpperCase(),
    progress: {
      scanned: progress.scanned,
      matched: progress.matched,
      done: progress.done,
      skipped: progress.skipped,
      failed: progress.failed,
      in_doubt: progress.inDoubt,
      total: progress.total,
    },
    notes: snapshot.notes,
    problems: snapshot.problems,
    error: snapshot.error,
    started_at: new Date(snapshot.startedAt).toISOString(),
    ended_at: snapshot.endedAt === null ? null : new Date(snapshot.endedAt).toISOString(),
  };
}
