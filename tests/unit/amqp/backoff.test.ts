import { Backoff } from '../../../amqp/backoff';
import { BrokerRotation, connectTarget } from '../../../amqp/broker-rotation';

describe('Backoff', () => {
  it('doubles the ceiling up to the maximum and draws evenly below it', () => {
    const backoff = new Backoff({ initialMs: 200, maxMs: 1000, random: () => 0.5 });
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([100, 200, 400, 500, 500]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('tries every broker of a round before the ceiling grows', () => {
    const backoff = new Backoff({ initialMs: 200, maxMs: 1000, random: () => 1 }, 3);
    expect([1, 2, 3, 4].map(() => backoff.next())).toEqual([200, 200, 200, 400]);
  });

  it('stays finite after thousands of failures', () => {
    const backoff = new Backoff({ initialMs: 200, maxMs: 1000, random: () => 1 });
    for (let i = 0; i < 5000; i++) backoff.next();
    expect(backoff.next()).toBe(1000);
  });
});

describe('BrokerRotation', () => {
  const urls = ['amqp://u:p@a:1/x%2Fy', 'amqps://b', 'amqp://c'];

  it('visits each broker once a round, in an order of its own', () => {
    const rotation = new BrokerRotation(urls, Math.random);
    const round = urls.map(() => {
      const { host } = rotation.current;
      rotation.advance();
      return host;
    });
    expect(new Set(round)).toEqual(new Set(['a', 'b', 'c']));
    expect(rotation.current.host).toHaveLength(1);
  });

  it('orders by the random numbers it is given', () => {
    expect(new BrokerRotation(urls, () => 0).current.host).toBe('b');
    expect(new BrokerRotation(urls, () => 0.999).current.host).toBe('a');
  });

  it('gives amqplib a target that follows the turn, with the vhost encoded', () => {
    const rotation = new BrokerRotation(urls, () => 0.999);
    const target = connectTarget(rotation, 7);
    expect(target).toMatchObject({ protocol: 'amqp', hostname: 'a', port: 1, username: 'u', vhost: 'x%2Fy' });
    rotation.advance();
    expect(target).toMatchObject({
      protocol: 'amqps',
      hostname: 'b',
      port: 5671,
      vhost: '%2F',
      heartbeat: 7,
    });
  });
});
