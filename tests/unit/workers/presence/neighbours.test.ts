import type { CeleryEvent } from '../../../../celery/protocol';
import { Neighbours } from '../../../../workers/presence';

const event = (type: string, hostname: string, fields: object = {}): CeleryEvent => ({
  type,
  hostname,
  timestamp: 1,
  utcoffset: 0,
  pid: 1,
  clock: 1,
  ...fields,
});

describe('Neighbours', () => {
  test('tells who joins once, and who leaves', () => {
    const neighbours = new Neighbours(() => 0);
    expect(neighbours.onEvent(event('worker-online', 'a'))).toBe('joined');
    expect(neighbours.onEvent(event('worker-heartbeat', 'a'))).toBeNull();
    expect(neighbours.onEvent(event('worker-offline', 'a'))).toBe('left');
    expect(neighbours.onEvent(event('worker-offline', 'a'))).toBeNull();
  });

  test('misses one whose heartbeats stay away for twice their interval, once', () => {
    let now = 0;
    const neighbours = new Neighbours(() => now);
    neighbours.onEvent(event('worker-heartbeat', 'a', { freq: 2 }));
    neighbours.onEvent(event('worker-heartbeat', 'b', { freq: 5 }));
    now = 4000;
    expect(neighbours.takeLost()).toEqual([]);
    now = 4001;
    expect(neighbours.takeLost()).toEqual(['a']);
    expect(neighbours.takeLost()).toEqual([]);
  });
});
