import { decodeHeaders, encodeHeaders, type QueueError } from '../../../amqp';
import { encodeArguments } from '../../../amqp/header-table';
import type { HeaderTable } from '../../../amqp/message';

const refusal = (headers: unknown): QueueError => {
  try {
    encodeHeaders(headers as HeaderTable);
  } catch (error) {
    return error as QueueError;
  }
  throw new Error('was not refused');
};

describe('encodeHeaders', () => {
  it('types integers as int32 at every depth, since py-amqp misreads int16', () => {
    expect(encodeHeaders({ clock: 200, timelimit: [300, null], stamps: { a: { b: -129 } } })).toEqual({
      clock: { '!': 'int32', value: 200 },
      timelimit: [{ '!': 'int32', value: 300 }, null],
      stamps: { a: { b: { '!': 'int32', value: -129 } } },
    });
  });

  it('types integers beyond 32 bits and fractions as doubles', () => {
    expect(encodeHeaders({ big: 2 ** 31, small: -(2 ** 31) - 1, half: 0.5, exact: 2n ** 62n })).toEqual({
      big: { '!': 'double', value: 2 ** 31 },
      small: { '!': 'double', value: -(2 ** 31) - 1 },
      half: { '!': 'double', value: 0.5 },
      exact: { '!': 'double', value: 2 ** 62 },
    });
  });

  it('leaves out undefined values and keeps null, booleans, text and bytes', () => {
    const bytes = Buffer.from('x');
    expect(encodeHeaders({ gone: undefined, nil: null, yes: true, text: 'ü', bytes })).toEqual({
      nil: null,
      yes: true,
      text: 'ü',
      bytes,
    });
  });

  it('types a date as a timestamp in seconds', () => {
    expect(encodeHeaders({ at: new Date(1_700_000_000_999) })).toEqual({
      at: { '!': 'timestamp', value: 1_700_000_000 },
    });
  });

  it.each([
    ['NaN', { a: { b: [1, Number.NaN] } }, '/a/b/1'],
    ['Infinity, which would close the connection', { a: Number.POSITIVE_INFINITY }, '/a'],
    ['a function', { f: () => 1 }, '/f'],
    ['a symbol', { s: Symbol('s') }, '/s'],
    ['a lone surrogate in a value', { s: '\ud800' }, '/s'],
    ['a lone surrogate in a name', { '\udc00': 1 }, '/\udc00'],
    ['a name longer than 128 bytes', { ['ü'.repeat(65)]: 1 }, `/${'ü'.repeat(65)}`],
    ['an integer no type carries exactly', { n: 2n ** 53n + 1n }, '/n'],
    ['a date before 1970', { d: new Date(-1) }, '/d'],
    ['an invalid date', { d: new Date(Number.NaN) }, '/d'],
    ["amqplib's own type escape", { t: { '!': 'nonsense', value: 1 } }, '/t/!'],
    ['an own __proto__', JSON.parse('{"__proto__": 1}'), '/__proto__'],
    ['names with / and ~', { 'a/b~c': Number.NaN }, '/a~1b~0c'],
  ])('refuses %s and points to it', (_what, headers, pointer) => {
    const error = refusal(headers);
    expect(error.code).toBe('MESSAGE_INVALID');
    expect(error.details.pointer).toBe(pointer);
  });

  it('refuses tables and arrays nested deeper than 32 instead of overflowing the stack', () => {
    let table: HeaderTable = {};
    let array: unknown = [];
    for (let i = 0; i < 5000; i++) {
      table = { a: table };
      array = [array];
    }
    expect(refusal(table).code).toBe('MESSAGE_INVALID');
    expect(refusal({ a: array }).code).toBe('MESSAGE_INVALID');
  });

  it('takes a table just below 64 KiB and refuses a larger one', () => {
    expect(encodeHeaders({ kwargsrepr: 'x'.repeat(65_000) })).toHaveProperty('kwargsrepr');
    expect(refusal({ kwargsrepr: 'x'.repeat(65_530) }).message).toMatch(/larger than 65536/);
    expect(refusal({ kwargsrepr: 'ü'.repeat(32_765) }).code).toBe('MESSAGE_INVALID');
  });
});

describe('encodeArguments', () => {
  it('keeps integers beyond 32 bits integers, since RabbitMQ refuses doubles there', () => {
    expect(encodeArguments({ 'x-max-length-bytes': 5_000_000_000, 'x-expires': 60_000 })).toEqual({
      'x-max-length-bytes': { '!': 'int64', value: 5_000_000_000 },
      'x-expires': { '!': 'int32', value: 60_000 },
    });
  });
});

describe('decodeHeaders', () => {
  it('gives back what encodeHeaders was given', () => {
    const headers = { n: 300, list: [1, 'a', null], at: new Date(1_700_000_000_000), deep: { x: 0.5 } };
    expect(decodeHeaders(encodeHeaders(headers))).toEqual(headers);
  });

  it('is an empty table for absent headers', () => {
    expect(decodeHeaders(undefined)).toEqual({});
  });
});
