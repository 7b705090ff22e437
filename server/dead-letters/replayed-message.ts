import { copyOf, type Delivery, type HeaderTable, type MessageCopy } from '../../amqp';
import {
  type ContentProtection,
  contentOwnerOf,
  contentTypeOf,
  DEAD_LETTER_HEADERS,
  decompress,
  deserialize,
  HIDDEN_REPR,
  isBrokerMark,
  parseIsoTime,
  pythonRepr,
  pythonReprArgs,
  REPLAY_COUNT_HEADER,
  type SerializedContent,
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
  /** What signs or encrypts bodies here, if anything does. */
  readonly protection: ContentProtection | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

const DEATH_MARKS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));
const SERIALIZERS: readonly SerializerName[] = ['json', 'msgpack', 'yaml'];
const ACCEPT: ReadonlySet<string> = new Set(SERIALIZERS.map((name) => contentTypeOf(name)));

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
  const content = edited(delivery, headers, options);
  return { content, properties: { ...copy.properties, priority, headers } };
}

function reviveTask(headers: Record<string, HeaderTable[string]>, options: ReplayOptions): void {
  if (options.resetRetries) headers.retries = 0;
  const { expires } = headers;
  const until = typeof expires === 'string' ? parseIsoTime(expires) : undefined;
  if (until !== undefined && until <= options.now) headers.expires = null;
}

/**
 * The body with other arguments, signed or encrypted as it was, for the task that `headers` now name.
 * @throws GatewayError MESSAGE_NOT_A_TASK where there are no arguments to edit.
 */
function edited(
  delivery: Delivery,
  headers: Record<string, HeaderTable[string]>,
  { edit, protection: known }: ReplayOptions,
): Buffer {
  if (edit === undefined || (edit.args ?? edit.kwargs) === undefined) return delivery.content;
  const protection = known?.recognizes(delivery.properties.contentType) ? known : undefined;
  const { serializer, body } = taskIn(delivery, protection);
  const [args, kwargs, embed] = body;
  const next = [edit.args ?? args, edit.kwargs ?? kwargs, embed];
  const hidden = protection?.hides === true;
  headers.argsrepr = hidden ? HIDDEN_REPR : pythonReprArgs(Array.isArray(next[0]) ? next[0] : []);
  headers.kwargsrepr = hidden ? HIDDEN_REPR : pythonRepr(next[1]);
  delete headers.compression;
  const plain = serialize(next, serializer);
  return (protection?.protect(plain, contentOwnerOf({ headers })) ?? plain).content;
}

interface EditableTask {
  readonly serializer: SerializerName;
  readonly body: readonly unknown[];
}

function taskIn(delivery: Delivery, protection: ContentProtection | undefined): EditableTask {
  try {
    const { content, contentType } = plainContent(delivery, protection);
    const serializer = SERIALIZERS.find((name) => contentTypeOf(name) === contentType);
    const body = deserialize(content, contentType, undefined, ACCEPT);
    if (serializer !== undefined && Array.isArray(body) && body.length === 3) return { serializer, body };
  } catch {
    // Told as below.
  }
  throw new GatewayError('MESSAGE_NOT_A_TASK', 'The message is no task whose arguments could be edited.');
}

function plainContent(
  { content, headers, properties }: Delivery,
  protection: ContentProtection | undefined,
): Pick<SerializedContent, 'content'> & { readonly contentType: string | undefined } {
  const { compression } = headers;
  const plain = typeof compression === 'string' ? decompress(content, compression) : content;
  return (
    protection?.unprotect(plain, contentOwnerOf({ headers })) ?? {
      content: plain,
      contentType: properties.contentType,
    }
  );
}
