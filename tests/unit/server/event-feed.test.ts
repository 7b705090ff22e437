import type { BroadcastOptions, ControlReplies, ReceivedEvent } from '../../../celery';
import { silentLogger } from '../../../runtime';
import { EventFeed } from '../../../server/messaging';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const SOURCE = { offset: 1, index: 0, replayed: false };

const event = (type: string, receivedAt = NOW, hostname = 'w@host'): ReceivedEvent => ({
  type,
  hostname,
  timestamp: receivedAt / 1000,
  receivedAt,
  fields: {},
});

/** A feed, what it told the indexes, and whom it asked for events. */
function feed(answer: () => Promise<ControlReplies> = async () => ({ replies: {}, missing: [] })) {
  const [tasks, workers, asked] = [[] as string[], [] as string[], [] as BroadcastOptions[]];
  const debug = jest.fn().mockReturnThis();
  const logger = Object.assign(silentLogger(), { debug });
  const enableOnWorkers = {
    enableEvents: (options: BroadcastOptions = {}) => {
      asked.push(options);
      return answer();
    },
  };
  const clock = { now: () => NOW };
  const history = { onEvent: (given: ReceivedEvent) => void tasks.push(given.type) };
  const directory = { onEvent: (given: ReceivedEvent) => void workers.push(given.type) };
  const deps = { history, workers: directory, clock, logger };
  return { on: new EventFeed({ ...deps, enableOnWorkers }), off: deps, tasks, workers, asked, debug };
}

describe('EventFeed', () => {
  test('every event reaches the task history and the worker directory', () => {
    const { on, tasks, workers } = feed();
    for (const type of ['task-started', 'worker-heartbeat']) on.onEvent(event(type), SOURCE);
    expect(tasks).toEqual(['task-started', 'worker-heartbeat']);
    expect(workers).toEqual(tasks);
  });

  test('a worker that shows up is asked for task events, by name and without a reply', () => {
    const { on, asked } = feed();
    on.onEvent(event('worker-online'), SOURCE);
    expect(asked).toEqual([{ destination: ['w@host'], reply: false }]);
  });

  test('a heartbeat asks once a minute, each worker for itself', () => {
    const { on, asked } = feed();
    for (const at of [NOW, NOW + 2000, NOW + MINUTE - 1]) on.onEvent(event('worker-heartbeat', at), SOURCE);
    expect(asked).toHaveLength(1);
    on.onEvent(event('worker-heartbeat', NOW + MINUTE), SOURCE);
    on.onEvent(event('worker-heartbeat', NOW, 'other@host'), SOURCE);
    expect(asked.map(({ destination }) => destination)).toEqual([['w@host'], ['w@host'], ['other@host']]);
  });

  test('a worker that was restarted is asked at once', () => {
    const { on, asked } = feed();
    on.onEvent(event('worker-heartbeat'), SOURCE);
    on.onEvent(event('worker-online', NOW + 1), SOURCE);
    on.onEvent(event('worker-offline', NOW + 2), SOURCE);
    on.onEvent(event('worker-heartbeat', NOW + 3), SOURCE);
    expect(asked).toHaveLength(3);
  });

  test('events of the replayed log ask nobody: the worker may be gone', () => {
    const { on, asked } = feed();
    on.onEvent(event('worker-online', NOW - MINUTE - 1), SOURCE);
    expect(asked).toEqual([]);
  });

  test('a request that cannot be sent is logged and does no harm', async () => {
    const { on, debug } = feed(() => Promise.reject(new Error('away')));
    on.onEvent(event('worker-online'), SOURCE);
    await new Promise(setImmediate);
    expect(debug).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ worker: 'w@host' }));
  });

  test('where workers shall be left as they are, nobody is asked', () => {
    const { off, asked, workers } = feed();
    new EventFeed({ ...off, enableOnWorkers: undefined }).onEvent(event('worker-online'), SOURCE);
    expect([asked, workers]).toEqual([[], ['worker-online']]);
  });
});
