import { PassThrough, Readable } from 'node:stream';
import { BatchWindow } from '../../../../server/batch';
import { ndjsonLines } from '../../../../server/batch/ndjson-lines';
import { OrderedLines } from '../../../../server/batch/ordered-lines';
import { until } from '../../../support/until';

async function linesOf(chunks: readonly string[], limit = 100): Promise<readonly string[]> {
  const found: string[] = [];
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const { number, content } of ndjsonLines(source, limit)) {
    found.push(`${number}:${content?.toString() ?? 'too long'}`);
  }
  return found;
}

describe('ndjsonLines', () => {
  test.each([
    [['a\nb\n'], ['1:a', '2:b']],
    [['a\nb'], ['1:a', '2:b']],
    [
      ['a', 'b', '\nc', 'd'],
      ['1:ab', '2:cd'],
    ],
    [['\n \r\n\t\na'], ['4:a']],
    [['a\r\nb'], ['1:a\r', '2:b']],
    [[''], []],
    [['ü', 'b\n'], ['1:üb']],
  ])('%j has the lines %j', async (chunks, lines) => {
    expect(await linesOf(chunks)).toEqual(lines);
  });

  test('passes over a line that is too long, in one chunk or in many, and goes on', async () => {
    expect(await linesOf(['123456\nok\n'], 5)).toEqual(['1:too long', '2:ok']);
    expect(await linesOf(['123', '456', '789\nok'], 5)).toEqual(['1:too long', '2:ok']);
    expect(await linesOf(['12345\n'], 5)).toEqual(['1:12345']);
  });
});

describe('BatchWindow', () => {
  test('gives its places in the order they were asked for', async () => {
    const window = new BatchWindow(1);
    expect(window.take()).toBeUndefined();
    const order: number[] = [];
    const waiting = [1, 2].map((each) => window.take()?.then(() => order.push(each)));
    window.free();
    await waiting[0];
    window.free();
    await waiting[1];
    expect(order).toEqual([1, 2]);
    window.free();
    expect(window.take()).toBeUndefined();
  });
});

describe('OrderedLines', () => {
  test('writes lines in the order they were asked for, whichever is ready first', async () => {
    const target = new PassThrough();
    const lines = new OrderedLines(target, 10);
    let later: (line: string) => void = () => undefined;
    lines.add(
      new Promise((resolve) => {
        later = resolve;
      }),
    );
    for (let each = 1; each < 5; each += 1) lines.add(Promise.resolve(`${each};`));
    later('0;');
    await lines.end();
    expect(String(target.read())).toBe('0;1;2;3;4;');
  });

  test('has room for so many lines only, until the reader has taken some', async () => {
    const target = new PassThrough({ highWaterMark: 10 });
    const lines = new OrderedLines(target, 3);
    const long = `${'x'.repeat(40_000)}\n`;
    for (let each = 0; each < 3; each += 1) lines.add(Promise.resolve(long));
    await until(() => target.readableLength + target.writableLength > 0);
    lines.add(Promise.resolve(long));
    const room = lines.room();
    expect(room).toBeInstanceOf(Promise);
    target.resume();
    await room;
    await lines.end();
    expect([lines.room(), lines.closed]).toEqual([undefined, false]);
  });

  test('ends when its reader goes away', async () => {
    const target = new PassThrough();
    const lines = new OrderedLines(target, 1);
    lines.add(new Promise(() => undefined));
    const room = lines.room();
    target.destroy();
    await room;
    expect(lines.closed).toBe(true);
  });
});
