import { type PublishRequest, QueueError } from '../../../../amqp';
import { QueueWatch } from '../../../../celery/client/queue-watch';
import { TaskPublisher } from '../../../../celery/client/task-publisher';
import { SilentLogger } from '../../../support/silent-logger';

const DEADLINE_MS = 5000;
const toQueue = { exchange: '', routingKey: 'q', queue: 'q' };
const toExchange = { exchange: 'tickets', routingKey: 'new', queue: null };
const encoded = { content: Buffer.from('[]'), properties: { headers: { id: 'a', task: 'tasks.add' } } };
const never = <T>(): Promise<T> => new Promise(() => undefined);
const later = <T>(ms: number, value: T): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, value);
  });

/** A broker of which each step takes as long as it is told to. */
const setup = (steps: { check: () => Promise<null | { messageCount: number; consumerCount: number }> }) => {
  const published: PublishRequest[] = [];
  const answers: (() => Promise<void>)[] = [];
  const logger = new SilentLogger();
  const topology = {
    queueStatus: steps.check,
    ensureExchange: () => later(4000, 'declared' as const),
    ensureQueue: () => later(4000, 'declared' as const),
    bindQueue: () => later(4000, undefined),
  };
  const shared = {
    createMissing: true,
    intervalMs: 3000,
    logger,
    now: () => Date.now(),
    monotonic: () => performance.now(),
  };
  const publisher = new TaskPublisher({
    ...shared,
    publisher: {
      publish: async (request) => {
        published.push(request);
        await answers.shift()?.();
      },
    },
    watch: new QueueWatch({ ...shared, topology, onVanished: () => undefined }),
    records: {
      streamName: 'log',
      keys: () => ['log'],
      bindTo: () => never(),
      noteSubmitted: () => undefined,
    },
    deadlineMs: DEADLINE_MS,
  });
  return { published, answers, publisher };
};

const THERE = { messageCount: 0, consumerCount: 1 };

/** How a publish ended, and after how many milliseconds. */
const ended = async (publish: Promise<void>): Promise<{ code: string; afterMs: number }> => {
  const began = performance.now();
  const outcome = publish.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );
  for (;;) {
    const code = await Promise.race([outcome, jest.advanceTimersByTimeAsync(10).then(() => undefined)]);
    if (code !== undefined) return { code, afterMs: performance.now() - began };
  }
};

describe('the deadline of a submission', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('holds for the look at a queue that the broker does not answer: nothing was sent', async () => {
    const { published, publisher } = setup({ check: () => never() });
    const { code, afterMs } = await ended(publisher.publish('a', encoded, toQueue));
    expect(code).toBe('BROKER_UNREACHABLE');
    expect(afterMs).toBeLessThanOrEqual(DEADLINE_MS + 20);
    expect(published).toEqual([]);
  });

  it('holds for all steps together where the queue has to be declared', async () => {
    const { published, publisher } = setup({ check: () => later(4000, null) });
    const { code, afterMs } = await ended(publisher.publish('a', encoded, toQueue));
    expect(code).toBe('BROKER_UNREACHABLE');
    expect(afterMs).toBeLessThanOrEqual(DEADLINE_MS + 20);
    expect(published).toEqual([]);
  });

  it('leaves the confirm what the look has not used', async () => {
    const { published, publisher } = setup({ check: () => later(4000, THERE) });
    expect((await ended(publisher.publish('a', encoded, toQueue))).code).toBe('accepted');
    expect(published[0]?.deadlineMs).toBeGreaterThan(0);
    expect(published[0]?.deadlineMs).toBeLessThanOrEqual(1000);
  });

  it('holds for the second attempt after a queue went away', async () => {
    const { published, answers, publisher } = setup({ check: () => Promise.resolve(THERE) });
    answers.push(() => later(4000, undefined).then(() => Promise.reject(new QueueError('UNROUTABLE', 'no'))));
    expect((await ended(publisher.publish('a', encoded, toQueue))).code).toBe('accepted');
    expect(published).toHaveLength(2);
    expect(published[1]?.deadlineMs).toBeLessThanOrEqual(1000);
  });

  it('does not make a task that was accepted wait for its record longer than that', async () => {
    const { publisher } = setup({ check: () => Promise.resolve(THERE) });
    const { code, afterMs } = await ended(publisher.publish('a', encoded, toExchange));
    expect(code).toBe('accepted');
    expect(afterMs).toBeLessThanOrEqual(DEADLINE_MS + 20);
  });
});
