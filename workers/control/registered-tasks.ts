import { pythonRepr } from '../../celery/protocol';
import type { TaskDefinition, TaskRegistry } from '../registry';

/** Attributes shown when none are asked for (celery/worker/control.py `DEFAULT_TASK_INFO_ITEMS`), of those we have. */
const DEFAULT_ITEMS = ['rate_limit'];

/** `inspect registered`: names, with attributes that are set: `name [rate_limit=10/m]`. */
export function registeredTasks(
  registry: TaskRegistry,
  args: Readonly<Record<string, unknown>>,
): readonly string[] {
  const asked = Array.isArray(args.taskinfoitems) ? args.taskinfoitems : [];
  const items = asked.filter((item): item is string => typeof item === 'string' && !item.startsWith('_'));
  return registry.names
    .filter((name) => args.builtins === true || !name.startsWith('celery.'))
    .map((name) => described(name, registry.get(name), items.length === 0 ? DEFAULT_ITEMS : items));
}

function described(name: string, task: TaskDefinition | undefined, items: readonly string[]): string {
  const known = attributes(name, task?.settings);
  const shown = items.filter((item) => known[item] !== undefined && known[item] !== null);
  return shown.length === 0
    ? name
    : `${name} [${shown.map((item) => `${item}=${text(known[item])}`).join(' ')}]`;
}

/** A task's settings under the names of celery/app/task.py `Task`. */
const attributes = (
  name: string,
  settings: TaskDefinition['settings'] | undefined,
): Readonly<Record<string, unknown>> => ({
  name,
  rate_limit: settings?.rateLimit,
  acks_late: settings?.acksLate ?? false,
  ignore_result: settings?.ignoreResult ?? false,
  track_started: settings?.trackStarted ?? false,
  max_retries: settings?.maxRetries === undefined ? 3 : settings.maxRetries,
  default_retry_delay: settings?.defaultRetryDelaySeconds ?? 180,
  time_limit: settings?.timeLimitSeconds,
  soft_time_limit: settings?.softTimeLimitSeconds,
  send_events: settings?.sendEvents ?? true,
  queue: settings?.queue,
});

/** Python's `str`. */
const text = (value: unknown): string => (typeof value === 'string' ? value : pythonRepr(value));
