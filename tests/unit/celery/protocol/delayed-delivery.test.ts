import {
  delayedRoutingKey,
  delayedTopology,
  MAX_DELAY_SECONDS,
  queueDelayBinding,
  queueDelayKey,
  withoutDelayPrefix,
} from '../../../../celery/protocol';

/** A topic exchange's rule: `*` is one word, `#` any number of them. */
const matches = (pattern: string, key: string): boolean => {
  const source = pattern
    .split('.')
    .map((word) => (word === '#' ? '(?:[^.]+(?:\\.|$))*' : `${word === '*' ? '[^.]+' : word}(?:\\.|$)`))
    .join('');
  return new RegExp(`^${source}$`).test(key);
};

/** Follows a message through the declared topology and adds up where it waits. */
const waitOf = (routingKey: string): number => {
  const { queues, queueBindings, exchangeBindings } = delayedTopology('quorum');
  let at: string | undefined = 'celery_delayed_27';
  let milliseconds = 0;
  while (at !== undefined && at !== 'celery_delayed_delivery') {
    const exchange: string = at;
    const held = queueBindings.filter((b) => b.exchange === exchange && matches(b.routingKey, routingKey));
    const passed = exchangeBindings.filter((b) => b.source === exchange && matches(b.routingKey, routingKey));
    expect(held.length + passed.length).toBe(1);
    const args = queues.find(({ name }) => name === held[0]?.queue)?.arguments;
    milliseconds += Number(args?.['x-message-ttl'] ?? 0);
    at = passed[0]?.exchange ?? String(args?.['x-dead-letter-exchange']);
  }
  return milliseconds;
};

describe('native delayed delivery', () => {
  it.each([1, 2, 5, 600, 86_400, 12_345_678, MAX_DELAY_SECONDS])(
    'a message for %d s waits just that',
    (seconds) => {
      expect(waitOf(delayedRoutingKey(seconds, 'q'))).toBe(seconds * 1000);
    },
  );

  it('writes the key as kombu does', () => {
    expect(delayedRoutingKey(5, 'qq')).toBe(`${'0.'.repeat(25)}1.0.1.qq`);
  });

  it('does not grow a key that was delayed before', () => {
    expect(delayedRoutingKey(1, delayedRoutingKey(7, 'a.b'))).toBe(delayedRoutingKey(1, 'a.b'));
    expect(withoutDelayPrefix(delayedRoutingKey(3, 'x'))).toBe('x');
    expect(withoutDelayPrefix('0.1.x')).toBe('0.1.x');
  });

  it('brings a message for a dotted queue to that queue alone', () => {
    const key = delayedRoutingKey(9, queueDelayKey('a.b'));
    expect(matches(queueDelayBinding('a.b').routingKey, key)).toBe(true);
    expect(matches(queueDelayBinding('b').routingKey, key)).toBe(false);
    // Python's binding of its own queue b.
    expect(matches('#.b', key)).toBe(false);
  });

  it('gives classic queues no dead-letter strategy, which they refuse', () => {
    const [queue] = delayedTopology('classic').queues;
    expect(queue?.arguments).toEqual({
      'x-queue-type': 'classic',
      'x-overflow': 'reject-publish',
      'x-message-ttl': 134_217_728_000,
      'x-dead-letter-exchange': 'celery_delayed_26',
    });
  });
});
