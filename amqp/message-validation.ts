import type { Options } from 'amqplib';
import { QueueError } from './errors';
import { encodeHeaders, isWellFormed, MAX_TABLE_BYTES } from './header-table';
import type { HeaderTable, MessageProperties } from './message';

/** A message on its way to an exchange. */
export interface PublishRequest {
  /** Empty for the default exchange. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: MessageProperties;
  /** Whether a message that no queue takes is an error (`UNROUTABLE`). Default true. */
  readonly mandatory?: boolean | undefined;
  /** Further routing keys of the same exchange, as the `BCC` header; our own code's only, never a user's. */
  readonly bcc?: readonly string[] | undefined;
  /** Lets `CC`, `BCC` and `x-*` headers through: for messages that are ours already (retry, replay). Default false. */
  readonly trustedHeaders?: boolean | undefined;
  /** Default: the publisher's. */
  readonly deadlineMs?: number | undefined;
}

/** AMQP's short strings: names and text properties. */
const MAX_NAME_BYTES = 255;
const MAX_EXPIRATION_MS = 0xffff_ffff;
/** RabbitMQ 4 closes the channel on more (`max_message_size`). */
export const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
const DIRECT_REPLY_TO = 'amq.rabbitmq.reply-to';

const SHORT_STRINGS = [
  'contentType',
  'contentEncoding',
  'correlationId',
  'replyTo',
  'messageId',
  'type',
  'userId',
  'appId',
] as const satisfies readonly (keyof MessageProperties)[];

const refuse = (pointer: string, reason: string): never => {
  throw new QueueError('MESSAGE_INVALID', `${pointer} ${reason}`, { details: { pointer } });
};

/**
 * Checks a name or short text: at most 255 bytes of UTF-8, well-formed.
 *
 * @throws QueueError `MESSAGE_INVALID`
 */
export const checkShortString = (pointer: string, text: unknown): void => {
  if (typeof text !== 'string') refuse(pointer, 'is not a string');
  else if (text.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(text) > MAX_NAME_BYTES)
    refuse(pointer, `is longer than ${MAX_NAME_BYTES} bytes`);
  else if (!isWellFormed(text)) refuse(pointer, 'holds a lone surrogate');
};

const isIntegerWithin = (value: unknown, low: number, high: number): boolean =>
  Number.isInteger(value) && (value as number) >= low && (value as number) <= high;

const checkNumbers = ({ deliveryMode, priority, timestamp, expiration }: MessageProperties): void => {
  if (deliveryMode !== undefined && deliveryMode !== 1 && deliveryMode !== 2)
    refuse('/properties/deliveryMode', 'is neither 1 nor 2');
  if (priority !== undefined && !isIntegerWithin(priority, 0, 255))
    refuse('/properties/priority', 'is not an integer from 0 to 255');
  if (timestamp !== undefined && !isIntegerWithin(timestamp, 0, Number.MAX_SAFE_INTEGER))
    refuse('/properties/timestamp', 'is not a whole number of seconds');
  if (expiration === undefined) return;
  if (
    typeof expiration !== 'string' ||
    !/^\d{1,10}$/.test(expiration) ||
    Number(expiration) > MAX_EXPIRATION_MS
  )
    refuse('/properties/expiration', `is not a decimal string from 0 to ${MAX_EXPIRATION_MS}`);
};

const checkProperties = (properties: MessageProperties, username: string): void => {
  for (const name of SHORT_STRINGS) {
    const value = properties[name];
    if (value !== undefined) checkShortString(`/properties/${name}`, value);
  }
  checkNumbers(properties);
  if (properties.replyTo?.startsWith(DIRECT_REPLY_TO))
    refuse(
      '/properties/replyTo',
      'asks for direct reply-to, which needs a consumer on the publishing channel',
    );
  if (properties.userId !== undefined && properties.userId !== username)
    refuse('/properties/userId', 'is not the user of this connection');
};

const checkRoutes = (value: unknown, pointer: string): void => {
  if (Array.isArray(value)) for (const key of value) checkShortString(pointer, key);
  else refuse(pointer, 'is not an array of routing keys');
};

const checkReserved = (headers: HeaderTable, trusted: boolean): void => {
  for (const key of Object.keys(headers)) {
    const routes = key === 'CC' || key === 'BCC';
    if (!trusted && (routes || key.startsWith('x-')))
      refuse(`/properties/headers/${key}`, 'is reserved for the broker');
    if (routes && headers[key] !== undefined) checkRoutes(headers[key], `/properties/headers/${key}`);
  }
};

const NO_HEADERS: HeaderTable = Object.freeze({});

/** What a header frame holds besides texts and table: its own frame, class, sizes, flags and numbers. */
const FRAME_ROOM_BYTES = 64;
const MAX_TEXTS_BYTES = SHORT_STRINGS.length * (MAX_NAME_BYTES + 1);

/**
 * The bytes left for the header table: all properties go out in one frame, and RabbitMQ ends the connection, with everyone's
 * messages, when that is larger than what was negotiated.
 */
const tableRoom = (properties: MessageProperties, frameMax: number): number => {
  if (frameMax >= MAX_TABLE_BYTES + MAX_TEXTS_BYTES + FRAME_ROOM_BYTES) return MAX_TABLE_BYTES;
  let texts = 0;
  for (const name of SHORT_STRINGS) texts += 1 + Buffer.byteLength(properties[name] ?? '');
  return Math.min(MAX_TABLE_BYTES, frameMax - FRAME_ROOM_BYTES - texts);
};

/**
 * The options amqplib takes for a publish, from a request of which every part has been checked: what the library would throw
 * on and, worse, what would make the broker close the channel or the connection under others' messages.
 *
 * @param username the connection's user; a `userId` must be the same
 * @param frameMax the negotiated size of a frame, in bytes
 * @throws QueueError `MESSAGE_INVALID`, with a JSON pointer in `details.pointer`
 */
export const publishOptions = (
  request: PublishRequest,
  username: string,
  frameMax: number = Number.POSITIVE_INFINITY,
): Options.Publish => {
  const { properties, bcc } = request;
  checkShortString('/exchange', request.exchange);
  checkShortString('/routingKey', request.routingKey);
  if (!Buffer.isBuffer(request.content)) refuse('/content', 'is not a Buffer');
  if (request.content.length > MAX_CONTENT_BYTES)
    refuse('/content', `is larger than ${MAX_CONTENT_BYTES} bytes`);
  checkProperties(properties, username);
  const headers = properties.headers ?? NO_HEADERS;
  checkReserved(headers, request.trustedHeaders === true);
  if (bcc !== undefined) checkRoutes(bcc, '/bcc');
  const encoded = encodeHeaders(
    bcc === undefined ? headers : { ...headers, BCC: bcc },
    '/properties/headers',
    tableRoom(properties, frameMax),
  );
  return { ...properties, headers: encoded, mandatory: request.mandatory ?? true } as Options.Publish;
};
