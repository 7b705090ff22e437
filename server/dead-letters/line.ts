import type { HeaderTable, HeaderValue, MessageProperties, PeekedMessage, PublishRequest } from '../../amqp';

/** A dead letter as one line of NDJSON: nothing of it is lost. */
export interface DeadLetterLine {
  readonly version: 1;
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: Readonly<Record<string, string | number>>;
  /** Values JSON has not are objects: `{"$date": "…"}`, `{"$bytes": "base64"}`, `{"$integer": "…"}`. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Base64. */
  readonly body: string;
}

const PROPERTIES = {
  content_type: 'contentType',
  content_encoding: 'contentEncoding',
  correlation_id: 'correlationId',
  reply_to: 'replyTo',
  message_id: 'messageId',
  type: 'type',
  app_id: 'appId',
  expiration: 'expiration',
  priority: 'priority',
  timestamp: 'timestamp',
  delivery_mode: 'deliveryMode',
} as const satisfies Readonly<Record<string, keyof MessageProperties>>;

function tagged(value: HeaderValue | undefined): unknown {
  if (typeof value === 'bigint') return { $integer: value.toString() };
  // Beyond 2^53 a number's text is not its value.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return { $integer: BigInt(value).toString() };
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return value.map(tagged);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tagged(item as HeaderValue)]));
}

function untagged(value: unknown): HeaderValue {
  if (typeof value !== 'object' || value === null) return value as HeaderValue;
  if (Array.isArray(value)) return value.map(untagged);
  const { $integer, $bytes, $date } = value as Readonly<Record<string, unknown>>;
  if (typeof $bytes === 'string') return Buffer.from($bytes, 'base64');
  if (typeof $date === 'string') return new Date($date);
  if (typeof $integer === 'string' && /^-?\d{1,20}$/.test($integer)) return BigInt($integer);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untagged(item)]));
}

export function lineOf(message: PeekedMessage): DeadLetterLine {
  const properties = Object.entries(PROPERTIES).flatMap(([name, property]) => {
    const value = message.properties[property];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    version: 1,
    exchange: message.exchange,
    routing_key: message.routingKey,
    properties: Object.fromEntries(properties),
    headers: tagged(message.headers) as DeadLetterLine['headers'],
    body: message.content.toString('base64'),
  };
}

/** What publishes a line into a queue. Its headers say where it died, so they go along; routes of its own it must not bring. */
export function requestOf(queue: string, line: DeadLetterLine): PublishRequest {
  const { CC: _cc, BCC: _bcc, ...headers } = untagged(line.headers) as HeaderTable;
  const properties = Object.entries(PROPERTIES).flatMap(([name, property]) => {
    const value = line.properties[name];
    return value === undefined ? [] : [[property, value] as const];
  });
  const { replyTo, ...kept } = Object.fromEntries(properties) as MessageProperties;
  return {
    exchange: '',
    routingKey: queue,
    content: Buffer.from(line.body, 'base64'),
    properties: { ...kept, replyTo, headers },
    trustedHeaders: true,
  };
}
