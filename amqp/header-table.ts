import { QueueError } from './errors';
import type { HeaderTable, HeaderValue } from './message';

/** amqplib's escape for a value whose wire type it must not guess. */
type Typed = { readonly '!': string; readonly value: unknown };

/** How integers beyond 32 bits go out: as doubles, which every reader takes, or as `l`, which queue arguments need. */
export type WideIntegers = 'double' | 'int64';

/** Depth allowed within a table; Python's own decoder has a limit too, and a worker dies at it. */
const MAX_DEPTH = 32;

/** RabbitMQ takes 255; py-amqp and management tools cope best with less. */
const MAX_KEY_BYTES = 128;

/** amqplib encodes a table into one buffer of 64 KiB. */
export const MAX_TABLE_BYTES = 65_536;

const INT32_MIN = -0x8000_0000;
const INT32_MAX = 0x7fff_ffff;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether the text survives UTF-8: a lone surrogate would silently become U+FFFD. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

const escapePointer = (key: string | number): string =>
  String(key).replaceAll('~', '~0').replaceAll('/', '~1');

class TableEncoder {
  /** Where the walk is, for the pointer of a refusal. */
  private readonly path: (string | number)[] = [];
  /** An upper bound of the encoded size while text is counted by the cheap bound of three bytes a code unit. */
  private bytes = 4;

  constructor(
    private readonly wide: WideIntegers,
    private readonly base: string,
    private readonly maxBytes: number,
  ) {}

  encode(table: HeaderTable): Record<string, unknown> {
    const encoded = this.table(table);
    if (this.bytes > this.maxBytes && exactBytes(table) > this.maxBytes)
      this.refuse([], `table is larger than ${this.maxBytes} bytes`);
    return encoded;
  }

  private refuse(path: readonly (string | number)[], reason: string): never {
    const pointer = this.base + path.map((key) => `/${escapePointer(key)}`).join('');
    throw new QueueError('MESSAGE_INVALID', `${pointer || '/'} ${reason}`, { details: { pointer } });
  }

  private table(table: HeaderTable): Record<string, unknown> {
    if (this.path.length > MAX_DEPTH) this.refuse(this.path, `is nested deeper than ${MAX_DEPTH}`);
    const encoded: Record<string, unknown> = {};
    for (const key of Object.keys(table)) {
      const value = table[key];
      if (value === undefined) continue;
      this.path.push(key);
      if (key === '__proto__') this.refuse(this.path, 'is not an allowed name');
      this.key(key);
      encoded[key] = this.value(value);
      this.path.pop();
    }
    return encoded;
  }

  private key(key: string): void {
    if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES)
      this.refuse(this.path, `has a name longer than ${MAX_KEY_BYTES} bytes`);
    if (!isWellFormed(key)) this.refuse(this.path, 'has a name with a lone surrogate');
    this.bytes += 2 + key.length * 3;
  }

  private value(value: HeaderValue): unknown {
    switch (typeof value) {
      case 'string':
        if (!isWellFormed(value)) this.refuse(this.path, 'holds a lone surrogate');
        this.bytes += 4 + value.length * 3;
        return value;
      case 'number':
        this.bytes += 8;
        return this.number(value);
      case 'bigint':
        this.bytes += 8;
        return this.bigint(value);
      case 'boolean':
        this.bytes += 1;
        return value;
      case 'object':
        return this.object(value);
      default:
        return this.refuse(this.path, `is of a type AMQP has not: ${typeof value}`);
    }
  }

  private number(value: number): Typed {
    if (!Number.isFinite(value)) this.refuse(this.path, 'is not a finite number');
    if (!Number.isInteger(value) || Object.is(value, -0)) return { '!': 'double', value };
    if (value >= INT32_MIN && value <= INT32_MAX) return { '!': 'int32', value };
    if (this.wide === 'int64' && Number.isSafeInteger(value)) return { '!': 'int64', value };
    return { '!': 'double', value };
  }

  /** A bigint goes out exactly or not at all. */
  private bigint(value: bigint): Typed {
    const asNumber = Number(value);
    if (BigInt(asNumber) !== value)
      return this.refuse(this.path, 'is an integer that no AMQP type carries exactly');
    return this.number(asNumber);
  }

  private object(value: Exclude<HeaderValue, string | number | bigint | boolean>): unknown {
    if (value === null) return value;
    if (Buffer.isBuffer(value)) {
      this.bytes += 4 + value.length;
      return value;
    }
    if (value instanceof Date) return this.date(value);
    this.bytes += 4;
    if (!Array.isArray(value)) {
      if (Object.hasOwn(value, '!')) this.refuse([...this.path, '!'], 'is not an allowed name');
      return this.table(value as HeaderTable);
    }
    if (this.path.length > MAX_DEPTH) this.refuse(this.path, `is nested deeper than ${MAX_DEPTH}`);
    return value.map((item: HeaderValue, index) => {
      this.path.push(index);
      this.bytes += 1;
      const encoded = this.value(item);
      this.path.pop();
      return encoded;
    });
  }

  private date(value: Date): Typed {
    const seconds = Math.floor(value.getTime() / 1000);
    if (!(seconds >= 0)) this.refuse(this.path, 'is not a date since 1970');
    this.bytes += 8;
    return { '!': 'timestamp', value: seconds };
  }
}

/** The size of the table on the wire, without the type byte and length of its own place. */
const exactBytes = (value: HeaderValue | undefined): number => {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'string') return 4 + Buffer.byteLength(value);
  if (typeof value === 'boolean') return 1;
  if (typeof value !== 'object' || value instanceof Date) return 8;
  if (Buffer.isBuffer(value)) return 4 + value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 1 + exactBytes(item), 4);
  let sum = 4;
  for (const [key, item] of Object.entries(value as HeaderTable))
    if (item !== undefined) sum += 2 + Buffer.byteLength(key) + exactBytes(item);
  return sum;
};

/**
 * Headers as amqplib must be given them. Every integer, at every depth, is typed int32 (double beyond 32 bits): left to
 * itself amqplib writes int16 as `s`, which py-amqp reads as a short string, and a Python worker dies of it.
 *
 * @param base JSON pointer of the table itself
 * @param maxBytes most that the table may take on the wire
 * @throws QueueError `MESSAGE_INVALID` with a JSON pointer in `details.pointer`
 */
export const encodeHeaders = (
  headers: HeaderTable,
  base = '',
  maxBytes = MAX_TABLE_BYTES,
): Record<string, unknown> => new TableEncoder('double', base, maxBytes).encode(headers);

/** Arguments of a declare or a consume: as headers, but RabbitMQ wants real integers beyond 32 bits (`x-max-length-bytes`). */
export const encodeArguments = (
  args: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> =>
  new TableEncoder('int64', '/arguments', MAX_TABLE_BYTES).encode((args ?? {}) as HeaderTable);

const isTyped = (value: object): value is Typed => Object.hasOwn(value, '!');

const decodeValue = (value: unknown): HeaderValue => {
  if (typeof value !== 'object' || value === null) return value as HeaderValue;
  if (Buffer.isBuffer(value) || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (!isTyped(value)) return decodeHeaders(value as Record<string, unknown>);
  return value['!'] === 'timestamp' ? new Date(Number(value.value) * 1000) : (value.value as HeaderValue);
};

/** Headers in this house's values, from amqplib's typed ones; absent headers are an empty table. */
export const decodeHeaders = (raw: Readonly<Record<string, unknown>> | undefined): HeaderTable =>
  Object.fromEntries(Object.entries(raw ?? {}).map(([key, value]) => [key, decodeValue(value)]));
