import type { HeaderTable } from '../../amqp';
import { TaskError } from '../errors';
import {
  type CompressionName,
  contentTypeOf,
  decompress,
  deserialize,
  type EncodedTaskMessage,
  parseJson,
  pythonRepr,
  pythonReprArgs,
  type SerializerName,
  serialize,
  stringifyJson,
  type TaskOptions,
  taskTimes,
} from '../protocol';
import { jsonParts, withJsonMember } from './json-parts';
import type { RecordedMessage } from './recorded-messages';

/** What is to be different when a task runs again. */
export interface ReplayEdits {
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly options?:
    | Pick<
        TaskOptions,
        | 'priority'
        | 'countdownSeconds'
        | 'eta'
        | 'expires'
        | 'timeLimitSeconds'
        | 'softTimeLimitSeconds'
        | 'ignoreResult'
      >
    | undefined;
}

/** What the replaying process adds. */
export interface ReplayContext {
  /** Of the new task. */
  readonly taskId: string;
  readonly replyTo: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Headers laid over those of the original. */
  readonly headers?: HeaderTable | undefined;
}

/** The header that names the task of which this one is a repetition. */
export const REPLAY_OF_HEADER = 'replay_of';

/** What the record leaves out, as a stream keeps no nulls. */
const NO_VALUES: HeaderTable = {
  shadow: null,
  parent_id: null,
  replaced_task_nesting: 0,
  stamped_headers: null,
  stamps: {},
};

/** Headers of the way here: routes, deaths, and how the body was packed. */
const isOfTheWay = (name: string): boolean => name === 'CC' || name === 'BCC' || name.startsWith('x-');

const EMPTY_EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };
const SERIALIZERS: readonly SerializerName[] = ['json', 'msgpack', 'yaml'];

/**
 * A recorded task as a new one: the same name, arguments, headers, callbacks and following steps, under a new id. Its retries
 * begin anew, its ETA and expiry were for then. A task that was the first of its tree is the first of a new one; a later one
 * keeps its place under the same parent and root. It leaves its group and chord: those count each member once, and have.
 * @throws TaskError `TASK_INVALID` for a body that cannot be read.
 */
export const replayedMessage = (
  message: RecordedMessage,
  { args, kwargs, options = {} }: ReplayEdits,
  { taskId, replyTo, now, headers: extra }: ReplayContext,
): EncodedTaskMessage => {
  const { properties } = message;
  const old = properties.headers ?? {};
  const times = taskTimes(options, now);
  const body = rewrittenBody(message, args, kwargs);
  const kept = Object.fromEntries(Object.entries(old).filter(([name]) => !isOfTheWay(name)));
  if (body !== undefined) delete kept.compression;
  const wasRoot = typeof old.root_id !== 'string' || old.root_id === old.id;
  const limits = Array.isArray(old.timelimit) ? old.timelimit : [];
  return {
    content: body ?? message.content,
    properties: {
      contentType: properties.contentType,
      contentEncoding: properties.contentEncoding,
      correlationId: taskId,
      replyTo,
      deliveryMode: properties.deliveryMode ?? 2,
      priority: options.priority ?? properties.priority ?? 0,
      expiration: times.expiration,
      headers: {
        ...NO_VALUES,
        ...kept,
        id: taskId,
        retries: 0,
        eta: times.eta,
        expires: times.expires,
        root_id: wasRoot ? taskId : (old.root_id as string),
        group: null,
        group_index: null,
        timelimit: [
          options.timeLimitSeconds ?? limits[0] ?? null,
          options.softTimeLimitSeconds ?? limits[1] ?? null,
        ],
        ignore_result: options.ignoreResult ?? old.ignore_result,
        argsrepr: args === undefined ? old.argsrepr : pythonReprArgs(args),
        kwargsrepr: kwargs === undefined ? old.kwargsrepr : pythonRepr(kwargs),
        [REPLAY_OF_HEADER]: message.taskId,
        ...extra,
      },
    },
  };
};

/** What a recorded task was called with. */
export const recordedArguments = (
  message: RecordedMessage,
): { readonly args: readonly unknown[]; readonly kwargs: Readonly<Record<string, unknown>> } => {
  const body = readBody(message);
  const [args, kwargs]: readonly unknown[] = Array.isArray(body) ? body : [];
  const named =
    typeof kwargs === 'object' && kwargs !== null ? (kwargs as Readonly<Record<string, unknown>>) : {};
  return { args: Array.isArray(args) ? args : [], kwargs: named };
};

/** What follows a recorded task, as JSON has it: signatures in `callbacks`, `errbacks` and `chain`. */
export const embedOf = (message: RecordedMessage): Readonly<Record<string, unknown>> => {
  const body = readBody(message);
  const embed: unknown = Array.isArray(body) ? body[2] : undefined;
  return typeof embed === 'object' && embed !== null ? (embed as Readonly<Record<string, unknown>>) : {};
};

const unpacked = ({ content, properties }: RecordedMessage): Buffer => {
  const { compression } = properties.headers ?? {};
  return typeof compression === 'string' ? decompress(content, compression as CompressionName) : content;
};

const ALL_TYPES: ReadonlySet<string> = new Set(SERIALIZERS.map(contentTypeOf));

const readBody = (message: RecordedMessage): unknown => {
  const { contentType, contentEncoding } = message.properties;
  try {
    return deserialize(unpacked(message), contentType, contentEncoding, ALL_TYPES);
  } catch (cause) {
    throw unreadable(message.taskId, cause);
  }
};

/** Undefined where the bytes can stay as they are, packed or not. */
const rewrittenBody = (
  message: RecordedMessage,
  args: readonly unknown[] | undefined,
  kwargs: Readonly<Record<string, unknown>> | undefined,
): Buffer | undefined => {
  const inChord = typeof embedOf(message).chord === 'object' && embedOf(message).chord !== null;
  if (args === undefined && kwargs === undefined && !inChord) return undefined;
  const serializer = SERIALIZERS.find((name) => contentTypeOf(name) === message.properties.contentType);
  if (serializer === 'json') return Buffer.from(rewrittenJson(message, args, kwargs));
  if (serializer === undefined) throw unreadable(message.taskId);
  const body = readBody(message) as readonly unknown[];
  const embed = { ...EMPTY_EMBED, ...embedOf(message), chord: null };
  return serialize([args ?? body[0], kwargs ?? body[1], embed], serializer).content;
};

/** Only what is edited is written; the rest keeps its very text. */
const rewrittenJson = (
  message: RecordedMessage,
  args: readonly unknown[] | undefined,
  kwargs: Readonly<Record<string, unknown>> | undefined,
): string => {
  const [oldArgs, oldKwargs, embed = 'null', ...more] = jsonParts(unpacked(message).toString('utf8'));
  if (oldArgs === undefined || oldKwargs === undefined || more.length > 0) throw unreadable(message.taskId);
  const alone = parseJson(Buffer.from(embed)) === null ? embed : withJsonMember(embed, 'chord', 'null');
  const parts = [
    args === undefined ? oldArgs : stringifyJson(args),
    kwargs === undefined ? oldKwargs : stringifyJson(kwargs),
    alone,
  ];
  return `[${parts.join(', ')}]`;
};

const unreadable = (taskId: string, cause?: unknown): TaskError =>
  new TaskError('TASK_INVALID', `the recorded message of task ${taskId} cannot be read`, { cause });
