import type { TaskOptions } from './task-options';

/** The options that have one name on the wire; stamps are keys of their own there. */
export type PlainTaskOption = Exclude<keyof TaskOptions, 'stampedHeaders' | 'stamps'>;

/** Celery's spelling of each option of ours (celery/app/base.py `send_task`); a new option without one does not compile. */
export const CELERY_OPTION_NAMES: Readonly<Record<PlainTaskOption, string>> = {
  taskId: 'task_id',
  queue: 'queue',
  exchange: 'exchange',
  routingKey: 'routing_key',
  priority: 'priority',
  countdownSeconds: 'countdown',
  eta: 'eta',
  expires: 'expires',
  timeLimitSeconds: 'time_limit',
  softTimeLimitSeconds: 'soft_time_limit',
  retries: 'retries',
  headers: 'headers',
  shadow: 'shadow',
  ignoreResult: 'ignore_result',
  rootId: 'root_id',
  parentId: 'parent_id',
  groupId: 'group_id',
  groupIndex: 'group_index',
  replyTo: 'reply_to',
  link: 'link',
  linkError: 'link_error',
  chain: 'chain',
  chord: 'chord',
  serializer: 'serializer',
  compression: 'compression',
  argsrepr: 'argsrepr',
  kwargsrepr: 'kwargsrepr',
  origin: 'origin',
  replacedTaskNesting: 'replaced_task_nesting',
  deliveryMode: 'delivery_mode',
};
