import type { TaskArguments, TaskRecord } from '../../celery';

/** RFC 3339 in UTC. Times come from workers: one that is no time is no reason to fail. */
export function isoTime(epochMs: number | null): string | null {
  if (epochMs === null) return null;
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** What the history tells of a task beyond its name, queue, worker and result. */
export function historyView(task: TaskRecord, given: TaskArguments | undefined): object {
  return {
    state: task.state,
    reason: task.reason,
    priority: task.priority,
    args: given?.args ?? null,
    kwargs: given?.kwargs ?? null,
    arguments_text: given === undefined ? task.argumentsText : null,
    queued_at: isoTime(task.queuedAt),
    received_at: isoTime(task.receivedAt),
    updated_at: isoTime(task.updatedAt),
    wait_seconds: task.waitSeconds,
    runtime_seconds: task.runtimeSeconds,
    eta: task.eta,
    expires: task.expires,
    root_id: task.rootId,
    parent_id: task.parentId,
    group_id: task.groupId,
    progress: task.progress ?? null,
    tags: task.tags ?? [],
    stamps: task.stamps ?? {},
    result_forgotten: task.forgotten,
  };
}
