import { brotliCompressSync, deflateSync } from 'node:zlib';
import { ContentError, compress, decompress, deserialize, serialize } from '../../../../celery/protocol';

const ACCEPT = new Set(['application/json', 'application/x-msgpack', 'application/x-yaml']);
const VALUE = { args: [1, -2.5, 'naïve 🎉', null, true, { deep: [[]] }], yes: 'no', time: '12:30' };
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ContentError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('serialize and deserialize', () => {
  test.each(['json', 'msgpack', 'yaml'] as const)('%s: a value comes back the same', (name) => {
    const { content, contentType, contentEncoding } = serialize(VALUE, name);
    expect(deserialize(content, contentType, contentEncoding, ACCEPT)).toEqual(VALUE);
  });

  test.each(['json', 'msgpack', 'yaml'] as const)('%s: an integer beyond 2^53 stays exact', (name) => {
    const { content, contentType } = serialize([2n ** 60n + 1n, 7], name);
    expect(deserialize(content, contentType, undefined, ACCEPT)).toEqual([2n ** 60n + 1n, 7]);
  });

  test('json: what JSON has no form for is written so that every Celery reads it', () => {
    const value = [
      10n,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      Buffer.from('hi'),
      new Date(0),
      undefined,
      { a: undefined },
    ];
    expect(serialize(value, 'json').content.toString()).toBe(
      '[10,NaN,-Infinity,"aGk=","1970-01-01T00:00:00.000Z",null,{}]',
    );
  });

  test.each([
    ['a Map', { found: new Map([[1, 2]]) }],
    ['a Set', [new Set([1])]],
    ['a Map beside what is not plain', { count: 1n, found: new Map([[1, 2]]) }],
  ])('json: %s is refused where it would become {} in silence', (_case, value) => {
    expect(codeOf(() => serialize(value, 'json'))).toBe('encode_failed');
  });

  test('json: an empty object, and a Map that says how it is written', () => {
    const told = Object.assign(new Map([[1, 2]]), { toJSON: () => [[1, 2]] });
    expect(serialize([{}, told], 'json').content.toString()).toBe('[{},[[1,2]]]');
  });

  test('json: a cycle and a depth beyond bounds are refused, on the plain path and the other', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(codeOf(() => serialize(cycle, 'json'))).toBe('content_too_deep');
    expect(codeOf(() => serialize([1n, cycle], 'json'))).toBe('content_too_deep');
  });

  test('json: every envelope of kombu is opened, whatever surrounds it', () => {
    const wrap = (type: string, value: unknown): string =>
      JSON.stringify({ __type__: type, __value__: value });
    const text = `{"list":[${[
      wrap('datetime', '2030-01-02T03:04:05.678901+00:00'),
      wrap('date', '2030-01-02'),
      wrap('time', '03:04:05'),
      wrap('decimal', '0.10'),
      wrap('uuid', { hex: '0123456789abcdef0123456789abcdef' }),
      wrap('bytes', 'hé'),
      wrap('base64', '/w=='),
    ].join(',')}],"near":{"__type__":"x","__value__":1,"more":2}}`;
    expect(deserialize(Buffer.from(text), 'application/json', 'utf-8')).toEqual({
      list: [
        new Date('2030-01-02T03:04:05.678Z'),
        '2030-01-02',
        '03:04:05',
        '0.10',
        '01234567-89ab-cdef-0123-456789abcdef',
        Buffer.from('hé'),
        Buffer.from([0xff]),
      ],
      near: { __type__: 'x', __value__: 1, more: 2 },
    });
  });

  test('json: text inside strings never counts as depth, digits or words', () => {
    const text = JSON.stringify(['[[[[{{{{ NaN 12345678901234567890 \\" ', 'Infinity\\']);
    expect(deserialize(Buffer.from(text), 'application/json', 'utf-8', ACCEPT, 1)).toEqual(JSON.parse(text));
  });

  test('json: Python’s extensions are read beside all that is plain, and junk is still refused', () => {
    const read = (text: string): unknown => deserialize(Buffer.from(text), 'application/json', 'utf-8');
    expect(read(' { "a" : [ NaN , -0 , 1.5e3 , "\\u00e9\\n" , {} , [] , false , null ] } ')).toEqual({
      a: [Number.NaN, -0, 1500, 'é\n', {}, [], false, null],
    });
    for (const junk of [
      '[NaN',
      '[NaN,]',
      '{"a" NaN}',
      'NaN NaN',
      '[Inf]',
      '[-NaN]',
      '[01,NaN]',
      '["\\x",NaN]',
    ]) {
      expect([junk, codeOf(() => read(junk))]).toEqual([junk, 'decode_failed']);
    }
  });

  test('json: a key __proto__ changes no prototype', () => {
    const value = deserialize(
      Buffer.from('{"__proto__":{"polluted":NaN}}'),
      'application/json',
      'utf-8',
    ) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
  });

  test.each(['msgpack', 'yaml'] as const)('%s: junk is refused with a code', (name) => {
    const { contentType } = serialize(1, name);
    for (const junk of [Buffer.from([0xc1, 0xff]), Buffer.from('[1, {'), Buffer.alloc(0)]) {
      expect(codeOf(() => deserialize(junk, contentType, undefined, ACCEPT))).toBe('decode_failed');
    }
  });

  test('msgpack nested beyond the bound is refused', () => {
    const deep = Buffer.concat([Buffer.alloc(300, 0x91), Buffer.from([1])]);
    expect(codeOf(() => deserialize(deep, 'application/x-msgpack', undefined, ACCEPT))).toBe(
      'content_too_deep',
    );
  });
});

describe('compress and decompress', () => {
  const content = Buffer.from('x'.repeat(1000));

  test('zlib and gzip are both a zlib stream under the name Celery gives it', () => {
    for (const name of ['zlib', 'gzip'] as const) {
      const compressed = compress(content, name);
      expect(compressed).toEqual({ content: deflateSync(content), header: 'application/x-gzip' });
      expect(decompress(compressed.content, compressed.header)).toEqual(content);
    }
  });

  test('brotli there and back, by MIME type or alias', () => {
    expect(compress(content, 'brotli').header).toBe('application/x-brotli');
    expect(decompress(brotliCompressSync(content), 'brotli')).toEqual(content);
  });

  test('zstd works where Node has it and is refused clearly where not', () => {
    const available = 'zstdCompressSync' in jest.requireActual<object>('node:zlib');
    const attempt = (): Buffer => decompress(compress(content, 'zstd').content, 'application/zstd');
    if (available) expect(attempt()).toEqual(content);
    else expect(codeOf(attempt)).toBe('compression_unsupported');
  });

  test.each(['application/x-bz2', 'application/x-lzma', '__proto__', ''])('%p is unsupported', (header) => {
    expect(codeOf(() => decompress(content, header))).toBe('compression_unsupported');
  });
});
