import type { TaskRecord } from '../../celery/history';

/** When a task could have been taken: queued, or its ETA. Epoch milliseconds. */
function dueAt({ queuedAt, eta }: TaskRecord): number | undefined {
  if (queuedAt === null) return undefined;
  const at = eta === null ? Number.NaN : Date.parse(eta);
  return Number.isNaN(at) ? queuedAt : Math.max(queuedAt, at);
}

/**
 * Since when the oldest message of each queue has been waiting, without taking one from it: queues hand out in order, so of
 * n messages in a queue the oldest is the n-th youngest of the tasks that no worker has received. So what was purged, or was
 * taken by workers that tell nothing, does not count as waiting for ever.
 *
 * @param queued tasks in state QUEUED.
 * @param lengths messages that are ready, by queue.
 * @returns epoch milliseconds by queue; queues without a waiting message are not in it.
 */
export function oldestWaiting(
  queued: Iterable<TaskRecord>,
  lengths: ReadonlyMap<string, number>,
  nowMs: number,
): ReadonlyMap<string, number> {
  const due = new Map<string, number[]>();
  for (const task of queued) {
    const at = dueAt(task);
    if (task.queue === null || at === undefined || at > nowMs || !lengths.get(task.queue)) continue;
    const known = due.get(task.queue);
    if (known === undefined) due.set(task.queue, [at]);
    else known.push(at);
  }
  return new Map(
    [...due].map(([queue, times]) => {
      const youngestFirst = times.sort((a, b) => b - a);
      const last = Math.min(lengths.get(queue) ?? 0, times.length) - 1;
      return [queue, youngestFirst[last] ?? nowMs];
    }),
  );
}
