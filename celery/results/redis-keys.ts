const TASK_KEY = 'celery-task-meta-';
const GROUP_KEY = 'celery-taskset-meta-';
const SEPARATORS = [':', '_', '-', '.'];

/** Keys of task metas, and back again. */
export interface TaskMetaKeys {
  of(taskId: string): string;
  /** @returns undefined for a key of something else. */
  taskId(key: string): string | undefined;
}

/** What Celery keeps of a group: `''` its results' structure, and for a chord the five keys of its counting. */
export type GroupKeyPart = '' | '.j' | '.t' | '.s' | '.d' | '.c';

const prefixOf = (keyPrefix: string): string => {
  const joined = keyPrefix !== '' && !SEPARATORS.includes(keyPrefix.slice(-1));
  return `${keyPrefix}${joined ? '_' : ''}`;
};

/**
 * Celery's key layout with its `global_keyprefix`, which gets an `_` where it does not end in a separator
 * (celery/backends/base.py `_add_global_keyprefix`).
 */
export const taskMetaKeys = (keyPrefix = ''): TaskMetaKeys => {
  const prefix = prefixOf(keyPrefix) + TASK_KEY;
  return {
    of: (taskId) => prefix + taskId,
    taskId: (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : undefined),
  };
};

/** Keys of a group and of the chord it is the header of (celery/backends/base.py `get_key_for_group`). */
export const groupKeys = (keyPrefix = ''): ((groupId: string, part: GroupKeyPart) => string) => {
  const prefix = prefixOf(keyPrefix) + GROUP_KEY;
  return (groupId, part) => prefix + groupId + part;
};

/** What is ours alone. */
export interface TakeoverKeys {
  /** The chords of one fleet whose bodies are being fired, by when others take over. */
  readonly due: string;
  /** What others need for that. */
  readonly heritage: string;
  /** Who began a chord that may be begun again, and how often. */
  begun(groupId: string): string;
  /** Who was added to a chord. */
  added(groupId: string): string;
}

export const takeoverKeys = (keyPrefix: string | undefined, scope: string): TakeoverKeys => {
  const prefix = `${prefixOf(keyPrefix ?? '')}celery-gateway-chords`;
  return {
    due: `${prefix}-due:${scope}`,
    heritage: `${prefix}-heritage:${scope}`,
    begun: (groupId) => `${prefix}-begun:${groupId}`,
    added: (groupId) => `${prefix}-added:${groupId}`,
  };
};
