import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { coalesceWrites } from '../../../amqp/write-coalescing';

/** Counts what reaches the operating system: single writes and gathered ones. */
class CountingSocket extends Writable {
  readonly batches: string[][] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.batches.push([chunk.toString()]);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.batches.push(chunks.map(({ chunk }) => chunk.toString()));
    done();
  }
}

describe('coalesceWrites', () => {
  it('sends the frames of one turn in one write, and those of the next in another', async () => {
    const socket = new CountingSocket();
    coalesceWrites(socket);
    for (const frame of ['a', 'b', 'c']) socket.write(frame);
    await nextTurn();
    socket.write('d');
    await nextTurn();
    expect(socket.batches).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('still says when the buffer is full, and sends what was written when the socket ends', async () => {
    const socket = new CountingSocket({ highWaterMark: 2 });
    coalesceWrites(socket);
    expect(socket.write('a')).toBe(true);
    expect(socket.write('bcd')).toBe(false);
    socket.end('e');
    await nextTurn();
    expect(socket.batches.flat().join('')).toBe('abcde');
  });
});
