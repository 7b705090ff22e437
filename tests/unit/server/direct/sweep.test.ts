import { ConnectionError, type Delivery, type PeekedMessage, QueueError } from '../../../../amqp';
import { Operation } from '../../../../server/operations';
import { Sweep, type SweepPlan } from '../../../../server/queue-contents';

/** A queue of numbers in memory that a sweep can go through. */
class FakeQueue {
  readonly waiting: number[];
  readonly prefetches: number[] = [];
  opened = 0;
  private held: number[] = [];

  constructor(count: number) {
    this.waiting = Array.from({ length: count }, (_, index) => index);
  }

  openCursor = async (_queue: string, prefetch: number) => {
    this.opened += 1;
    this.prefetches.push(prefetch);
    return {
      waiting: this.waiting.length,
      next: async () => this.deliver(),
      leave: () => undefined,
      renew: async (next: number) => void this.prefetches.push(next),
      release: async () => {
        this.waiting.unshift(...this.held.sort((a, b) => a - b));
        this.held = [];
      },
    };
  };

  ready = async (): Promise<void> => undefined;

  private deliver(): Delivery | undefined {
    const number = this.waiting.shift();
    if (number === undefined) return undefined;
    this.held.push(number);
    const message: PeekedMessage = {
      content: Buffer.from(String(number)),
      properties: {},
      headers: { number },
      exchange: '',
      routingKey: 'q',
      redelivered: false,
    };
    const ack = (): boolean => {
      this.held = this.held.filter((each) => each !== number);
      return true;
    };
    return { ...message, ack } as unknown as Delivery;
  }
}

async function sweep(queue: FakeQueue, plan: Partial<SweepPlan>): Promise<Operation> {
  const operation = new Operation('o1', { kind: 'move', queue: 'q', dryRun: false }, 0);
  const whole: SweepPlan = {
    queue: 'q',
    test: undefined,
    act: () => 'done',
    removes: true,
    limit: undefined,
    ratePerSecond: undefined,
    ...plan,
  };
  const deps = { broker: queue, maxScan: 10_000, monotonic: () => performance.now() };
  await new Sweep(whole, operation, deps).run();
  return operation;
}

const numberOf = (delivery: Delivery): number => Number(delivery.headers.number);

describe('a sweep', () => {
  test('takes what the filter chooses, in order, and leaves the rest where it was', async () => {
    const queue = new FakeQueue(100);
    const taken: number[] = [];
    const operation = await sweep(queue, {
      test: ({ headers }) => Number(headers.number) % 10 === 0,
      act: (delivery) => {
        taken.push(numberOf(delivery));
        return 'done';
      },
    });
    expect(taken).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(queue.waiting).toHaveLength(90);
    expect(queue.waiting.slice(0, 3)).toEqual([1, 2, 3]);
    expect(operation.progress).toMatchObject({ scanned: 100, matched: 10, done: 10, total: 100 });
  });

  test('with a limit and no filter it asks for no more than it needs', async () => {
    const queue = new FakeQueue(100);
    const operation = await sweep(queue, { limit: 7 });
    expect(queue.prefetches).toEqual([7]);
    expect(operation.progress).toMatchObject({ scanned: 7, done: 7 });
    expect(queue.waiting[0]).toBe(7);
  });

  test('goes on after a broken link with what is left, and counts what is in doubt', async () => {
    const queue = new FakeQueue(20);
    let failures = 2;
    const operation = await sweep(queue, {
      act: async (delivery): Promise<'done'> => {
        if (numberOf(delivery) === 5 && failures > 0) {
          failures -= 1;
          throw new QueueError('PUBLISH_UNKNOWN', 'written, and no answer');
        }
        return 'done';
      },
    });
    expect(queue.opened).toBe(3);
    expect(queue.waiting).toEqual([]);
    expect(operation.progress).toMatchObject({ done: 20, matched: 20, inDoubt: 2, failed: 0 });
  });

  test('a copy does not go on after a broken link: it would copy twice', async () => {
    const lost = new ConnectionError('CONNECTION_LOST', 'gone');
    const copying = sweep(new FakeQueue(5), { removes: false, act: () => Promise.reject(lost) });
    await expect(copying).rejects.toBe(lost);
  });

  test('one message that cannot be dealt with stays, and does not stop the others', async () => {
    const queue = new FakeQueue(5);
    const operation = await sweep(queue, {
      act: async (delivery): Promise<'done'> => {
        if (numberOf(delivery) === 2) throw new QueueError('UNROUTABLE', 'nobody wants 2');
        return 'done';
      },
    });
    expect(queue.waiting).toEqual([2]);
    expect(operation.progress).toMatchObject({ done: 4, failed: 1 });
    expect(operation.snapshot().problems).toEqual(['nobody wants 2']);
  });

  test('stops at once where every further message would fail as well', async () => {
    const missing = new QueueError('EXCHANGE_NOT_FOUND', 'no such exchange');
    const queue = new FakeQueue(5000);
    await expect(sweep(queue, { act: () => Promise.reject(missing) })).rejects.toBe(missing);
    expect(queue.waiting).toHaveLength(5000);
  });
});
