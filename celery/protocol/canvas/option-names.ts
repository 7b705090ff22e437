import type { SignatureOptions } from '../signature';
import { CELERY_OPTION_NAMES, type PlainTaskOption } from '../task-option-names';
import type { TaskOptions } from '../task-options';
import { canvasInvalid } from './canvas';
import { isRecord, listOf } from './draft';

const PAIRS = Object.entries(CELERY_OPTION_NAMES) as ReadonlyArray<readonly [PlainTaskOption, string]>;
const LISTS: ReadonlySet<PlainTaskOption> = new Set(['link', 'linkError', 'chain']);

const stampsOf = (options: SignatureOptions): Pick<TaskOptions, 'stampedHeaders' | 'stamps'> => {
  const names = options.stamped_headers;
  if (!Array.isArray(names)) return {};
  const missing = names.find((name) => !(String(name) in options));
  if (missing !== undefined) throw canvasInvalid(`the stamp ${String(missing)} has no value`);
  return {
    stampedHeaders: names.map(String),
    stamps: Object.fromEntries(names.map((name) => [String(name), options[String(name)]])),
  };
};

/** A queue is a name, or a kombu Queue as JSON, which has one. */
const queueName = (queue: unknown): unknown => (isRecord(queue) ? queue.name : queue);

/**
 * A signature's options as those of a submit; `null` is the same as absent, and options that steer only Python's publishing
 * (`retry_policy`, `declare` …) are left out. The values are checked when the task is submitted.
 * @throws TaskError `TASK_INVALID` for a stamp without a value.
 */
export const taskOptionsOf = (options: SignatureOptions): TaskOptions => {
  const found: Record<string, unknown> = stampsOf(options);
  for (const [name, celeryName] of PAIRS) {
    const value = options[celeryName];
    if (value === undefined || value === null) continue;
    found[name] = LISTS.has(name) ? listOf(value) : name === 'queue' ? queueName(value) : value;
  }
  return found;
};

/** The other way round: options of a submit in Celery's spelling, stamps as keys of their own. */
export const signatureOptionsOf = (options: TaskOptions): SignatureOptions => {
  const found: Record<string, unknown> = { ...options.stamps };
  if (options.stampedHeaders !== undefined) found.stamped_headers = options.stampedHeaders;
  for (const [name, celeryName] of PAIRS) if (options[name] !== undefined) found[celeryName] = options[name];
  return found;
};
