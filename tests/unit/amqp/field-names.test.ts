import { FieldNames } from '../../../amqp/field-names';

const read = (names: FieldNames, bytes: Buffer): string => names.read(bytes, 0, bytes.length);

describe('FieldNames', () => {
  it('reads each name, the first time and again', () => {
    const names = new FieldNames();
    for (const name of ['', 'id', 'task', 'root_id', 'x-stream-offset', 'a'.repeat(255)]) {
      expect(read(names, Buffer.from(name))).toBe(name);
      expect(read(names, Buffer.from(name))).toBe(name);
    }
  });

  it('never takes one name for another, however many share a place', () => {
    const names = new FieldNames();
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 20_000; number += 1) {
        const name = `header-${number}`;
        if (read(names, Buffer.from(name)) !== name) throw new Error(`${name} was read as another`);
      }
    }
  });

  it('reads names that are no ASCII as UTF-8', () => {
    const names = new FieldNames();
    for (const name of ['größe', '名前', 'a\u0080b']) expect(read(names, Buffer.from(name))).toBe(name);
    expect(read(names, Buffer.from([0x61, 0xff]))).toBe('a\ufffd');
  });

  it('reads a part of the bytes, and no more than there are', () => {
    const names = new FieldNames();
    const bytes = Buffer.from('xxidyy');
    expect(names.read(bytes, 2, 4)).toBe('id');
    expect(names.read(bytes, 4, 9)).toBe('yy');
  });
});
