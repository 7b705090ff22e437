import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { coalesceWrites } from '../../../amqp/write-coalescing';

/** Counts what reaches the operating system, and takes its time where a test says so. */
class CountingSocket extends Writable {
  readonly writes: string[] = [];
  slow = false;
  finishSlow: () => void = () => undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString());
    if (this.slow) this.finishSlow = done;
    else done();
  }
}

const socketOf = (highWaterMark = 1024): CountingSocket => {
  const socket = new CountingSocket({ highWaterMark });
  coalesceWrites(socket);
  return socket;
};

describe('coalesceWrites', () => {
  it('sends the frames of one turn in one write, and those of the next in another', async () => {
    const socket = socketOf();
    for (const frame of ['a', 'b', 'c']) socket.write(Buffer.from(frame));
    await nextTurn();
    socket.write(Buffer.from('d'));
    await nextTurn();
    expect(socket.writes).toEqual(['abc', 'd']);
  });

  it('keeps the order around what it does not copy: long chunks, texts, writes with a callback', async () => {
    const socket = socketOf(100_000);
    const long = 'x'.repeat(20_000);
    const written = jest.fn();
    socket.write(Buffer.from('a'));
    socket.write(Buffer.from(long));
    socket.write(Buffer.from('b'));
    socket.write('c', written);
    await nextTurn();
    expect(socket.writes.join('')).toBe(`a${long}bc`);
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('says when the buffer is full, and when it has drained', async () => {
    const socket = socketOf(2);
    const drained = jest.fn();
    socket.on('drain', drained);
    expect(socket.write(Buffer.from('a'))).toBe(true);
    expect(socket.write(Buffer.from('bcd'))).toBe(false);
    await nextTurn();
    expect(drained).toHaveBeenCalledTimes(1);
  });

  it('tells the writer to go on when what filled the buffer was gone before the turn ended', async () => {
    const socket = socketOf(4);
    const drained = jest.fn();
    socket.on('drain', drained);
    socket.slow = true;
    socket.write(Buffer.from('abc'));
    await nextTurn();
    socket.slow = false;
    expect(socket.write(Buffer.from('d'))).toBe(false);
    socket.finishSlow();
    await nextTurn();
    expect(socket.writes.join('')).toBe('abcd');
    expect(drained).toHaveBeenCalled();
  });

  it('sends what was written when the socket ends', async () => {
    const socket = socketOf();
    socket.write(Buffer.from('a'));
    socket.end('b');
    await nextTurn();
    expect(socket.writes.join('')).toBe('ab');
  });
});
