import type { Change, FacetCount, TaskArguments, TaskRecord } from '../../celery';
import { historyView, isoTime } from '../tasks';

/** A task in a list. */
export function taskRow(task: TaskRecord, given: TaskArguments | undefined): object {
  return {
    task_id: task.taskId,
    task_name: task.name,
    queue: task.queue,
    worker: task.worker,
    retries: task.retries,
    started_at: isoTime(task.startedAt),
    done_at: isoTime(task.doneAt),
    result_text: task.resultText,
    error_text: task.errorText,
    ...historyView(task, given),
  };
}

/** A change as an event's data. */
export function changeView(change: Change, task: object | null): object {
  return {
    type: change.type,
    time: isoTime(change.at),
    ...(task === null ? { worker: change.subject } : { task_id: change.subject, state: change.state, task }),
    ...(change.data === undefined ? {} : { data: change.data }),
  };
}

export function facetsView(total: number, facets: Readonly<Record<string, readonly FacetCount[]>>): object {
  return { total, ...facets };
}
