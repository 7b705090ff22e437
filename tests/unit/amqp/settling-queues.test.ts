import { SettlingQueues } from '../../../amqp';
import { isQuorum } from '../../../amqp/settling-queues';

describe('SettlingQueues', () => {
  let now = 0;
  let queues: SettlingQueues;
  beforeEach(() => {
    now = 1000;
    queues = new SettlingQueues({ monotonic: () => now, settleMs: 3000 });
  });

  it('refuses a queue until it has settled, and says when to come again', () => {
    queues.note('young');
    now += 400;
    expect(queues.refusal('young')).toMatchObject({
      code: 'QUEUE_SETTLING',
      retryable: true,
      details: { queue: 'young', retryAfterSeconds: 3 },
    });
    now += 2600;
    expect(queues.refusal('young')).toBeUndefined();
    expect(queues.leftMs('young')).toBe(0);
  });

  it('does not touch other queues', () => {
    queues.note('young');
    expect(queues.refusal('old')).toBeUndefined();
  });

  it('has a queue wait as long as further ones are declared: the broker writes once it is left alone', () => {
    queues.note('first');
    now += 2900;
    queues.note('second');
    now += 200;
    expect(queues.leftMs('first')).toBe(2800);
    now += 2800;
    expect([queues.leftMs('first'), queues.leftMs('second')]).toEqual([0, 0]);
    queues.note('third');
    expect([queues.leftMs('first'), queues.leftMs('third')]).toEqual([0, 3000]);
  });

  it('resolves when the queue has settled, at once for others', async () => {
    const soon = new SettlingQueues({ settleMs: 30 });
    soon.note('young');
    await soon.settled('old');
    await soon.settled('young');
    expect(soon.leftMs('young')).toBe(0);
  });

  it.each<readonly [Readonly<Record<string, unknown>> | undefined, boolean]>([
    [{ 'x-queue-type': 'quorum' }, true],
    [{ 'x-queue-type': 'classic' }, false],
    [undefined, false],
  ])('takes a declaration with %j for a quorum queue: %s', (given, expected) => {
    expect(isQuorum({ arguments: given })).toBe(expected);
  });
});
