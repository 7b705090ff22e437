import { ConnectionError, QueueError } from '../../../../amqp';
import { QueueWatch, type VanishedQueue } from '../../../../celery/client/queue-watch';
import { SilentLogger } from '../../../support/silent-logger';
import { until } from '../../../support/until';

const setup = (createMissing = true) => {
  const broker = {
    queues: new Set<string>(),
    checks: 0,
    declared: [] as string[],
    failure: undefined as Error | undefined,
  };
  const clock = { now: 100_000 };
  const vanished: VanishedQueue[] = [];
  const logger = new SilentLogger();
  const watch = new QueueWatch({
    topology: {
      queueStatus: async (name) => {
        broker.checks += 1;
        if (broker.failure) throw broker.failure;
        return broker.queues.has(name) ? { messageCount: 0, consumerCount: 0 } : null;
      },
      ensureExchange: async ({ name }) => {
        broker.declared.push(`exchange ${name}`);
        return 'declared';
      },
      ensureQueue: async ({ name }) => {
        broker.declared.push(`queue ${name}`);
        broker.queues.add(name);
        return 'declared';
      },
      bindQueue: async ({ queue, exchange }) => void broker.declared.push(`bind ${queue} to ${exchange}`),
    },
    createMissing,
    intervalMs: 3000,
    onVanished: (gone) => vanished.push(gone),
    logger,
    now: () => clock.now,
    monotonic: () => clock.now,
  });
  return { broker, clock, vanished, logger, watch };
};

describe('QueueWatch', () => {
  it('checks before the first use, then lets the hot path go on without a promise', async () => {
    const { broker, watch } = setup();
    broker.queues.add('q');
    await watch.ensure('q');
    expect(watch.ensure('q')).toBeUndefined();
    expect(broker.checks).toBe(1);
  });

  it('makes one check for many who ask at once', async () => {
    const { broker, watch } = setup();
    broker.queues.add('q');
    await Promise.all([watch.ensure('q'), watch.ensure('q'), watch.ensure('q')]);
    expect(broker.checks).toBe(1);
  });

  it('renews an aging check in the background', async () => {
    const { broker, clock, watch } = setup();
    broker.queues.add('q');
    await watch.ensure('q');
    clock.now += 3500;
    expect(watch.ensure('q')).toBeUndefined();
    expect(broker.checks).toBe(2);
  });

  it('waits for a new check when the last is too old', async () => {
    const { broker, clock, watch } = setup();
    broker.queues.add('q');
    await watch.ensure('q');
    clock.now += 60_000;
    expect(watch.ensure('q')).toBeInstanceOf(Promise);
  });

  it('declares a missing queue as Celery would', async () => {
    const { broker, watch } = setup();
    await watch.ensure('q');
    expect(broker.declared).toEqual(['exchange q', 'queue q', 'bind q to q']);
  });

  it('refuses a missing queue where creating is not allowed, and looks again the next time', async () => {
    const { broker, watch } = setup(false);
    await expect(watch.ensure('q')).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
      details: { queue: 'q' },
    });
    broker.queues.add('q');
    await watch.ensure('q');
    expect(watch.ensure('q')).toBeUndefined();
  });

  it("takes another connection's exclusive queue as present", async () => {
    const { broker, watch } = setup(false);
    broker.failure = new QueueError('RESOURCE_LOCKED', 'exclusive');
    await watch.ensure('q');
    expect(watch.ensure('q')).toBeUndefined();
  });

  it('names and hands over what was submitted since the queue was last seen', async () => {
    const { broker, clock, vanished, logger, watch } = setup();
    broker.queues.add('q');
    await watch.ensure('q');
    watch.note('q', 'old');
    clock.now += 3500;
    expect(watch.ensure('q')).toBeUndefined();
    await until(() => broker.checks === 2);
    await until(() => watch.ensure('q') === undefined);
    watch.note('q', 'lost');
    broker.queues.delete('q');
    clock.now += 60_000;
    await watch.ensure('q');
    expect(vanished).toEqual([{ queue: 'q', taskIds: ['lost'], lastSeen: 103_500 }]);
    expect(logger.text).toContain('lost');
  });

  it('keeps what was lost until the queue is there again, where it may not create it', async () => {
    const { broker, clock, vanished, watch } = setup(false);
    broker.queues.add('q');
    await watch.ensure('q');
    watch.note('q', 'lost');
    broker.queues.delete('q');
    clock.now += 60_000;
    await expect(watch.ensure('q')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    expect(vanished).toEqual([]);
    broker.queues.add('q');
    await watch.ensure('q');
    expect(vanished).toEqual([{ queue: 'q', taskIds: ['lost'], lastSeen: 100_000 }]);
  });

  it('forgets nothing when a check fails for lack of a broker', async () => {
    const { broker, clock, vanished, watch } = setup();
    broker.queues.add('q');
    await watch.ensure('q');
    watch.note('q', 'lost');
    clock.now += 60_000;
    broker.failure = new ConnectionError('CONNECTION_LOST', 'gone');
    await expect(watch.ensure('q')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    broker.failure = undefined;
    broker.queues.delete('q');
    await watch.ensure('q');
    expect(vanished[0]?.taskIds).toEqual(['lost']);
  });
});
