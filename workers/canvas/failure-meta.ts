import { encodeException, formatIsoTime, formatTraceback, type TaskMeta } from '../../celery/protocol';

type Options = Readonly<Record<string, unknown>>;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The FAILURE of a task that has no run in this process. @param options the task's own, where they are known. */
export const failureMeta = (
  taskId: string,
  error: unknown,
  now: number,
  options: Options = {},
): TaskMeta => ({
  status: 'FAILURE',
  result: encodeException(error),
  traceback: formatTraceback(error),
  children: [],
  date_done: formatIsoTime(now),
  group_id: textOf(options.group_id),
  parent_id: textOf(options.parent_id),
  task_id: taskId,
});
