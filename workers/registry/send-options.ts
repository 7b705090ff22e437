import type { TaskOptions } from '../wire';
import type { TaskSettings } from './task-definition';

/**
 * The options a task is sent with by its definition; undefined where it declares none, so that sending costs nothing more.
 * Mirrors celery/app/task.py `Task._get_exec_options`.
 */
export function sendOptions(settings: TaskSettings): TaskOptions | undefined {
  const { queue, exchange, routingKey, priority, expiresSeconds, serializer } = settings;
  const { timeLimitSeconds, softTimeLimitSeconds, ignoreResult } = settings;
  const declared: TaskOptions = {
    queue,
    exchange,
    routingKey,
    priority,
    expires: expiresSeconds,
    serializer,
    timeLimitSeconds,
    softTimeLimitSeconds,
    // False is the message's default: left out, the setting of whoever runs the task counts.
    ignoreResult: ignoreResult || undefined,
  };
  const said = Object.entries(declared).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}
