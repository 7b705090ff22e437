import { EventBuffer } from '../../../../celery/events/event-buffer';
import { buildEvent, type CeleryEvent } from '../../../../celery/protocol';

const event = (type: string, clock: number): CeleryEvent =>
  buildEvent(type, {}, { hostname: 'a@test', pid: 1, clock, now: 0, timezoneOffsetMinutes: 0 });
const clocks = (events: readonly CeleryEvent[]) => events.map(({ clock }) => clock);

describe('EventBuffer', () => {
  it('gives consecutive task events together, up to the limit of a batch', () => {
    const buffer = new EventBuffer(100);
    for (let i = 0; i < 5; i += 1) buffer.push(event('task-started', i));
    expect(clocks(buffer.take(3))).toEqual([0, 1, 2]);
    expect(clocks(buffer.take(3))).toEqual([3, 4]);
    expect(buffer.size).toBe(0);
  });

  it('gives worker events alone, in their place', () => {
    const buffer = new EventBuffer(100);
    buffer.push(event('task-started', 0));
    buffer.push(event('worker-heartbeat', 1));
    buffer.push(event('task-started', 2));
    expect([buffer.take(24), buffer.take(24), buffer.take(24)].map(clocks)).toEqual([[0], [1], [2]]);
  });

  it('drops the oldest when full, and counts them', () => {
    const buffer = new EventBuffer(3);
    for (let i = 0; i < 5000; i += 1) buffer.push(event('task-started', i));
    expect(clocks(buffer.take(24))).toEqual([4997, 4998, 4999]);
    expect(buffer.dropped).toBe(4997);
  });
});
