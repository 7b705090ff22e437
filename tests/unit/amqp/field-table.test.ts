import { decodeFieldTable } from '../../../amqp/field-table';

const key = (name: string): Buffer => Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);

const field = (name: string, tag: string, value: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([key(name), Buffer.from(tag), value]);

const sized = (bytes: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('decodeFieldTable', () => {
  it.each([
    ['S', sized(Buffer.from('grüß')), 'grüß'],
    ['I', hex('fffffffe'), -2],
    ['i', hex('fffffffe'), 4_294_967_294],
    ['b', hex('ff'), -1],
    ['B', hex('ff'), 255],
    ['s', hex('ff7f'), -129],
    ['u', hex('ff7f'), 65_407],
    ['L', int64(2n ** 40n), 2 ** 40],
    ['L', int64(-(2n ** 40n)), -(2 ** 40)],
    ['L', int64(2n ** 62n + 1n), 2n ** 62n + 1n],
    ['l', int64(2n ** 53n + 1n), 2n ** 53n + 1n],
    ['t', hex('01'), true],
    ['V', hex(''), null],
    ['d', hex('3fe0000000000000'), 0.5],
    ['f', hex('3f000000'), 0.5],
    ['D', hex('02ffffff85'), -1.23],
    ['T', int64(1_700_000_000n), new Date(1_700_000_000_000)],
    ['T', int64(9_000_000_000_000n), 9_000_000_000_000],
    ['x', sized(hex('0001')), hex('0001')],
    ['A', sized(Buffer.concat([Buffer.from('I'), hex('00000001'), Buffer.from('V')])), [1, null]],
    ['F', sized(field('n', 'L', int64(5n))), { n: 5 }],
  ])('reads type %s', (tag, bytes, expected) => {
    expect(decodeFieldTable(field('k', tag, bytes))).toEqual({ k: expected });
  });

  it('ends only the table in which a type is unknown, and keeps what it read before', () => {
    const inner = Buffer.concat([field('a', 't', hex('01')), field('odd', '?', hex('0102030405'))]);
    const bytes = Buffer.concat([field('inner', 'F', sized(inner)), field('after', 't', hex('00'))]);
    expect(decodeFieldTable(bytes)).toEqual({ inner: { a: true }, after: false });
  });

  it('keeps a key named __proto__ a plain key', () => {
    const table = decodeFieldTable(field('__proto__', 'F', sized(field('polluted', 't', hex('01')))));
    expect(Object.keys(table)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
  });

  it('reads tables nested beyond all reason without overflowing the stack', () => {
    let bytes: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 2000; i++) bytes = field('a', 'F', sized(bytes));
    expect(JSON.stringify(decodeFieldTable(bytes))).toContain('null');
  });
});
