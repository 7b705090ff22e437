const TASK_KEY = 'celery-task-meta-';
const SEPARATORS = [':', '_', '-', '.'];

/** Keys of task metas, and back again. */
export interface TaskMetaKeys {
  of(taskId: string): string;
  /** @returns undefined for a key of something else. */
  taskId(key: string): string | undefined;
}

/**
 * Celery's key layout with its `global_keyprefix`, which gets an `_` where it does not end in a separator
 * (celery/backends/base.py `_add_global_keyprefix`).
 */
export const taskMetaKeys = (keyPrefix = ''): TaskMetaKeys => {
  const joined = keyPrefix !== '' && !SEPARATORS.includes(keyPrefix.slice(-1));
  const prefix = `${keyPrefix}${joined ? '_' : ''}${TASK_KEY}`;
  return {
    of: (taskId) => prefix + taskId,
    taskId: (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : undefined),
  };
};
