import { copyOf, type Delivery, type HeaderTable, type MessageCopy } from '../../amqp';
import {
  contentTypeOf,
  DEAD_LETTER_HEADERS,
  decompress,
  deserialize,
  isBrokerMark,
  parseIsoTime,
  pythonRepr,
  pythonReprArgs,
  REPLAY_COUNT_HEADER,
  type SerializerName,
  serialize,
} from '../../celery/protocol';
import { GatewayError } from '../errors';
import { replayCount } from '../queue-contents';

/** What is changed of a task before it is replayed. */
export interface Edit {
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly priority?: number | undefined;
}

export interface ReplayOptions {
  /** The retries counted so far begin anew: else a task that used them up fails at its first error. */
  readonly resetRetries: boolean;
  readonly edit: Edit | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

const DEATH_MARKS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));
const SERIALIZERS: readonly SerializerName[] = ['json', 'msgpack', 'yaml'];

/**
 * A dead letter as it goes out again: without the marks of its road (RabbitMQ takes a message that carries them for one in a
 * loop), counted, and able to run: an `expires` that has passed would have it dropped at once.
 */
export function replayedMessage(delivery: Delivery, options: ReplayOptions): MessageCopy {
  const copy = copyOf(delivery);
  const kept = Object.entries(delivery.headers).filter(
    ([name]) => !isBrokerMark(name) && !DEATH_MARKS.has(name),
  );
  const headers: Record<string, HeaderTable[string]> = {
    ...Object.fromEntries(kept),
    [REPLAY_COUNT_HEADER]: replayCount(delivery.headers) + 1,
  };
  delete headers.CC;
  delete headers.BCC;
  if (headers.task !== undefined) reviveTask(headers, options);
  const { edit } = options;
  if (edit?.headers !== undefined) Object.assign(headers, edit.headers);
  const priority = edit?.priority ?? copy.properties.priority;
  const content = edited(delivery.content, headers, copy.properties.contentType, edit);
  return { content, properties: { ...copy.properties, priority, headers } };
}

function reviveTask(headers: Record<string, HeaderTable[string]>, options: ReplayOptions): void {
  if (options.resetRetries) headers.retries = 0;
  const { expires } = headers;
  const until = typeof expires === 'string' ? parseIsoTime(expires) : undefined;
  if (until !== undefined && until <= options.now) headers.expires = null;
}

/** @throws GatewayError MESSAGE_NOT_A_TASK where there are no arguments to edit. */
function edited(
  content: Buffer,
  headers: Record<string, HeaderTable[string]>,
  contentType: string | undefined,
  edit: Edit | undefined,
): Buffer {
  if (edit === undefined || (edit.args ?? edit.kwargs) === undefined) return content;
  const serializer = SERIALIZERS.find((name) => contentTypeOf(name) === contentType);
  const body = serializer === undefined ? undefined : bodyOf(content, headers, contentTypeOf(serializer));
  if (serializer === undefined || !Array.isArray(body) || body.length !== 3)
    throw new GatewayError('MESSAGE_NOT_A_TASK', 'The message is no task whose arguments could be edited.');
  const [args, kwargs, embed]: readonly unknown[] = body;
  const next = [edit.args ?? args, edit.kwargs ?? kwargs, embed];
  headers.argsrepr = pythonReprArgs(Array.isArray(next[0]) ? next[0] : []);
  headers.kwargsrepr = pythonRepr(next[1]);
  delete headers.compression;
  return serialize(next, serializer).content;
}

function bodyOf(content: Buffer, { compression }: HeaderTable, contentType: string): unknown {
  try {
    const plain = typeof compression === 'string' ? decompress(content, compression) : content;
    return deserialize(plain, contentType, undefined, new Set([contentType]));
  } catch {
    return undefined;
  }
}
