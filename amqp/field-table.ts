import { FieldNames } from './field-names';
import type { HeaderTable, HeaderValue } from './message';

/** Tables nested deeper than this are read as null: a hostile message must not exhaust the stack. */
const MAX_DEPTH = 64;

/** A `Date` cannot hold seconds beyond this. */
const MAX_DATE_SECONDS = 8_640_000_000_000n;

const NAMES = new FieldNames();

/** Stands for a value whose type tag says nothing about its length. */
const UNREADABLE = Symbol('unreadable');

/**
 * Decodes an AMQP field table as RabbitMQ and py-amqp write it. amqplib's own decoder lacks `L` (64-bit integers, which
 * Python writes for any integer beyond 32 bits) and rounds `l`; an unknown tag there ends the connection, so one foreign
 * header would take every consumer down. Here an unknown tag ends only the table it stands in.
 *
 * Mirrors the reader in py-amqp, `amqp/serialization.py` `_read_item`, but keeps RabbitMQ's meaning of `s` (int16).
 */
export const decodeFieldTable = (bytes: Buffer): HeaderTable => new FieldReader(bytes).table(bytes.length, 0);

class FieldReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  table(end: number, depth: number): HeaderTable {
    const fields: Record<string, HeaderValue> = {};
    while (this.offset < end) {
      const key = this.name();
      const value = this.value(depth);
      if (value === UNREADABLE) break;
      if (key === '__proto__')
        Object.defineProperty(fields, key, { value, enumerable: true, configurable: true });
      else fields[key] = value;
    }
    this.offset = end;
    return fields;
  }

  private array(end: number, depth: number): HeaderValue[] {
    const values: HeaderValue[] = [];
    while (this.offset < end) {
      const value = this.value(depth);
      if (value === UNREADABLE) break;
      values.push(value);
    }
    this.offset = end;
    return values;
  }

  private name(): string {
    const start = this.offset + 1;
    this.offset = start + this.bytes.readUInt8(this.offset);
    return NAMES.read(this.bytes, start, this.offset);
  }

  /** Reads `length` bytes of UTF-8 that follow a length field of `prefix` bytes. */
  private text(length: number, prefix: number): string {
    const start = this.offset + prefix;
    this.offset = start + length;
    return this.bytes.toString('utf8', start, this.offset);
  }

  private skip(size: number): number {
    const start = this.offset;
    this.offset = start + size;
    return start;
  }

  private nested(depth: number, read: (end: number, depth: number) => HeaderValue): HeaderValue {
    const end = this.offset + 4 + this.bytes.readUInt32BE(this.offset);
    this.offset += 4;
    if (depth < MAX_DEPTH) return read.call(this, end, depth + 1);
    this.offset = end;
    return null;
  }

  private value(depth: number): HeaderValue | typeof UNREADABLE {
    const { bytes } = this;
    const tag = bytes.readUInt8(this.skip(1));
    switch (tag) {
      case 0x53: // S, long string
        return this.text(bytes.readUInt32BE(this.offset), 4);
      case 0x49: // I
        return bytes.readInt32BE(this.skip(4));
      case 0x56: // V
        return null;
      case 0x74: // t
        return bytes.readUInt8(this.skip(1)) !== 0;
      case 0x64: // d
        return bytes.readDoubleBE(this.skip(8));
      case 0x46: // F
        return this.nested(depth, this.table);
      case 0x41: // A
        return this.nested(depth, this.array);
      case 0x4c: // L
      case 0x6c: // l
        return exactInteger(bytes.readBigInt64BE(this.skip(8)));
      case 0x54: // T
        return timestamp(bytes.readBigUInt64BE(this.skip(8)));
      case 0x62: // b
        return bytes.readInt8(this.skip(1));
      case 0x42: // B
        return bytes.readUInt8(this.skip(1));
      case 0x73: // s
        return bytes.readInt16BE(this.skip(2));
      case 0x75: // u
        return bytes.readUInt16BE(this.skip(2));
      case 0x69: // i
        return bytes.readUInt32BE(this.skip(4));
      case 0x66: // f
        return bytes.readFloatBE(this.skip(4));
      case 0x44: // D: places, then signed digits
        return bytes.readInt32BE(this.skip(5) + 1) / 10 ** bytes.readUInt8(this.offset - 5);
      case 0x78: // x
        return this.blob();
      default:
        return UNREADABLE;
    }
  }

  private blob(): Buffer {
    const start = this.skip(4) + 4;
    this.offset = start + this.bytes.readUInt32BE(start - 4);
    return this.bytes.subarray(start, this.offset);
  }
}

const exactInteger = (value: bigint): number | bigint => {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
};

const timestamp = (seconds: bigint): Date | number | bigint =>
  seconds <= MAX_DATE_SECONDS ? new Date(Number(seconds) * 1000) : exactInteger(seconds);
