import fc from 'fast-check';
import { AckBatch } from '../../../amqp/ack-batch';

type Written = readonly [deliveryTag: number, multiple: boolean];

const batch = (received: number) => {
  const written: Written[] = [];
  const acks = new AckBatch((deliveryTag, multiple) => written.push([deliveryTag, multiple]));
  for (let tag = 1; tag <= received; tag += 1) acks.received(tag);
  return { acks, written };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('AckBatch', () => {
  it('writes those of one turn as one frame, when the turn is over', async () => {
    const { acks, written } = batch(5);
    for (const tag of [2, 1, 3]) acks.ack(tag);
    expect(written).toEqual([]);
    await turn();
    expect(written).toEqual([[3, true]]);
  });

  it('never reaches past what is not settled', () => {
    const { acks, written } = batch(5);
    for (const tag of [1, 3, 5]) acks.ack(tag);
    acks.flush();
    expect(written).toEqual([
      [3, false],
      [5, false],
      [1, false],
    ]);
    acks.ack(2);
    acks.ack(4);
    acks.flush();
    expect(written.slice(3)).toEqual([[4, true]]);
  });

  it('passes over what was refused by a frame of its own', () => {
    const { acks, written } = batch(3);
    acks.ack(1);
    acks.settled(2);
    acks.ack(3);
    acks.flush();
    expect(written).toEqual([[3, true]]);
  });

  it('acknowledges all through a delivery at once', () => {
    const { acks, written } = batch(4);
    acks.ack(1);
    acks.ackThrough(3);
    acks.flush();
    expect(written).toEqual([[3, true]]);
    acks.ack(4);
    acks.flush();
    expect(written[1]).toEqual([4, false]);
  });

  it('writes nothing for a channel that is gone', async () => {
    const { acks, written } = batch(2);
    acks.ack(1);
    acks.clear();
    await turn();
    expect(written).toEqual([]);
  });

  it('tells the broker exactly what single acknowledgements would, in any order of settling', () => {
    const steps = fc.array(
      fc.record({ tag: fc.integer({ min: 1, max: 30 }), refused: fc.boolean(), flush: fc.boolean() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        // What a broker would hold: deliveries neither acknowledged nor refused.
        const held = new Set(Array.from({ length: 30 }, (_, index) => index + 1));
        const wronglyTold: number[] = [];
        const acked = new Set<number>();
        const settled = new Set<number>();
        const acks = new AckBatch((deliveryTag, multiple) => {
          // PRECONDITION_FAILED "unknown delivery tag" closes the channel.
          if (!held.has(deliveryTag)) wronglyTold.push(deliveryTag);
          for (const tag of [...held].filter((each) =>
            multiple ? each <= deliveryTag : each === deliveryTag,
          )) {
            if (!acked.has(tag)) wronglyTold.push(tag);
            held.delete(tag);
          }
        });
        for (const tag of held) acks.received(tag);
        for (const { tag, refused, flush } of taken) {
          if (!settled.has(tag)) {
            settled.add(tag);
            if (refused) {
              acks.settled(tag);
              held.delete(tag);
            } else {
              acked.add(tag);
              acks.ack(tag);
            }
          }
          if (flush) acks.flush();
        }
        acks.flush();
        expect(wronglyTold).toEqual([]);
        const left = Array.from({ length: 30 }, (_, index) => index + 1).filter((tag) => !settled.has(tag));
        expect([...held]).toEqual(left);
      }),
    );
  });
});
