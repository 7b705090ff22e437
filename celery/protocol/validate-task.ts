import { TaskError } from '../errors';
import { ArgumentInspector, MAX_SIGNATURE_DEPTH, textProblem } from './argument-problems';
import { parseIsoTime } from './iso-time';
import type { Signature } from './signature';
import type { TaskOptions } from './task-options';

const TASK_NAME = /^[A-Za-z_][\w.-]{0,199}$/;
const SHORT_STRING_BYTES = 255;
const MAX_SECONDS = 10 * 366 * 86_400;
const MAX_HEADER_TEXT_BYTES = 8 * 1024;

/** Header names that a custom header must not take: they are the protocol's own. */
const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  'lang',
  'task',
  'id',
  'shadow',
  'eta',
  'expires',
  'group',
  'group_index',
  'retries',
  'timelimit',
  'root_id',
  'parent_id',
  'argsrepr',
  'kwargsrepr',
  'origin',
  'ignore_result',
  'replaced_task_nesting',
  'stamped_headers',
  'stamps',
  'compression',
]);

/** A task as somebody wants to send it; the arguments may still be anything. */
export interface UncheckedTask {
  readonly name: unknown;
  readonly id?: unknown;
  readonly args?: unknown;
  readonly kwargs?: unknown;
}

/** What is wrong with an AMQP short string: ids, queue names, routing keys. */
const shortStringProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'must not be empty';
  if (Buffer.byteLength(value) > SHORT_STRING_BYTES)
    return `must be at most ${SHORT_STRING_BYTES} bytes long`;
  return textProblem(value);
};

const secondsProblem = (value: unknown, least: number): string | undefined => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number of seconds';
  return value < least || value > MAX_SECONDS ? `must be from ${least} to ${MAX_SECONDS} seconds` : undefined;
};

const integerProblem = (value: unknown, most: number): string | undefined =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
    ? undefined
    : `must be a whole number from 0 to ${most}`;

const momentProblem = (value: unknown): string | undefined => {
  const ms =
    value instanceof Date ? value.getTime() : typeof value === 'string' ? parseIsoTime(value) : Number.NaN;
  if (ms === undefined || Number.isNaN(ms)) return 'must be a date, or an ISO 8601 date-time';
  return ms < 0 || ms > Date.UTC(9999, 0) ? 'must be between the years 1970 and 9999' : undefined;
};

const headerTextProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return 'must be a string';
  if (Buffer.byteLength(value) > MAX_HEADER_TEXT_BYTES)
    return `must be at most ${MAX_HEADER_TEXT_BYTES} bytes long`;
  return textProblem(value);
};

const INT32_MAX = 0x7fff_ffff;
const flagProblem = (value: unknown): string | undefined =>
  typeof value === 'boolean' ? undefined : 'must be true or false';
const expiresProblem = (value: unknown): string | undefined =>
  typeof value === 'number' ? secondsProblem(value, -MAX_SECONDS) : momentProblem(value);
const oneOf =
  (...allowed: readonly unknown[]) =>
  (value: unknown): string | undefined =>
    allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`;

type Rule = (value: unknown) => string | undefined;

const OPTION_RULES: ReadonlyArray<readonly [keyof TaskOptions, Rule]> = [
  ['taskId', shortStringProblem],
  ['queue', shortStringProblem],
  ['routingKey', shortStringProblem],
  ['exchange', (value) => (value === '' ? undefined : shortStringProblem(value))],
  ['replyTo', (value) => (value === '' ? undefined : shortStringProblem(value))],
  ['rootId', shortStringProblem],
  ['parentId', shortStringProblem],
  ['groupId', shortStringProblem],
  ['groupIndex', (value) => integerProblem(value, INT32_MAX)],
  ['priority', (value) => integerProblem(value, 255)],
  ['countdownSeconds', (value) => secondsProblem(value, 0)],
  ['eta', momentProblem],
  ['expires', expiresProblem],
  ['timeLimitSeconds', (value) => secondsProblem(value, 0)],
  ['softTimeLimitSeconds', (value) => secondsProblem(value, 0)],
  ['retries', (value) => integerProblem(value, INT32_MAX)],
  ['replacedTaskNesting', (value) => integerProblem(value, INT32_MAX)],
  ['shadow', headerTextProblem],
  ['origin', headerTextProblem],
  ['argsrepr', headerTextProblem],
  ['kwargsrepr', headerTextProblem],
  ['ignoreResult', flagProblem],
  ['serializer', oneOf('json', 'msgpack', 'yaml')],
  ['compression', oneOf('zlib', 'gzip', 'brotli', 'zstd')],
  ['deliveryMode', oneOf(1, 2)],
];

const nameProblem = (name: unknown): string | undefined =>
  typeof name === 'string' && TASK_NAME.test(name)
    ? undefined
    : 'must be a task name: letters, digits, "_", "-" and ".", at most 200, not starting with a digit';

const check = (inspector: ArgumentInspector, pointer: string, value: unknown, rule: Rule): void => {
  const problem = rule(value);
  if (problem !== undefined) inspector.add(pointer, problem);
};

const checkHeaders = (inspector: ArgumentInspector, headers: TaskOptions['headers']): void => {
  for (const name in headers) {
    if (PROTOCOL_HEADERS.has(name))
      inspector.add(`/options/headers/${name}`, 'is a header of the protocol itself');
  }
  inspector.inspect(headers, ['options', 'headers']);
};

const checkSignatures = (
  inspector: ArgumentInspector,
  option: string,
  signatures: readonly Signature[] | Signature | undefined,
): void => {
  if (signatures === undefined) return;
  const list: readonly unknown[] = Array.isArray(signatures) ? signatures : [signatures];
  list.forEach((sig, index) => {
    const task = typeof sig === 'object' && sig !== null && 'task' in sig ? sig.task : undefined;
    const at = Array.isArray(signatures) ? `/options/${option}/${index}` : `/options/${option}`;
    check(inspector, `${at}/task`, task, nameProblem);
  });
  inspector.inspect(signatures, ['options', option], MAX_SIGNATURE_DEPTH);
};

const checkStamps = (inspector: ArgumentInspector, options: TaskOptions): void => {
  const { stampedHeaders, stamps } = options;
  stampedHeaders?.forEach((name, index) => {
    check(inspector, `/options/stampedHeaders/${index}`, name, shortStringProblem);
  });
  if (stamps !== undefined) inspector.inspect(stamps, ['options', 'stamps']);
};

const checkCall = (inspector: ArgumentInspector, task: UncheckedTask): void => {
  check(inspector, '/name', task.name, nameProblem);
  if (task.id !== undefined) check(inspector, '/id', task.id, shortStringProblem);
  if (task.args !== undefined && !Array.isArray(task.args)) inspector.add('/args', 'must be an array');
  else if (task.args !== undefined) inspector.inspect(task.args, ['args']);
  const { kwargs } = task;
  if (kwargs === undefined) return;
  if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs)) {
    inspector.add('/kwargs', 'must be an object');
  } else inspector.inspect(kwargs, ['kwargs']);
};

/**
 * Refuses, before anything is published, what would be changed on the way, closed our channel, or killed a Python worker
 * (contract 0.1; a message a worker dies of stays on the queue and kills the next). Every problem is told at once.
 * @throws TaskError `TASK_INVALID` with `details.errors`, a list of `{pointer, detail}`.
 */
export const validateTask = (task: UncheckedTask, options: TaskOptions = {}): void => {
  const inspector = new ArgumentInspector();
  checkCall(inspector, task);
  for (const [option, rule] of OPTION_RULES) {
    const value = options[option];
    if (value !== undefined) check(inspector, `/options/${option}`, value, rule);
  }
  if (options.headers !== undefined) checkHeaders(inspector, options.headers);
  checkSignatures(inspector, 'link', options.link);
  checkSignatures(inspector, 'linkError', options.linkError);
  checkSignatures(inspector, 'chain', options.chain);
  checkSignatures(inspector, 'chord', options.chord);
  checkStamps(inspector, options);
  if (inspector.problems.length === 0) return;
  const first = inspector.problems[0];
  throw new TaskError('TASK_INVALID', `the task cannot be sent: ${first?.pointer}: ${first?.detail}`, {
    details: { errors: inspector.problems },
  });
};
