import { type PublishRequest, QueueError } from '../../../../amqp';
import type { QueueWatch } from '../../../../celery/client/queue-watch';
import { TaskPublisher } from '../../../../celery/client/task-publisher';
import type { SubmissionEntry } from '../../../../celery/records';
import { SilentLogger } from '../../../support/silent-logger';

const toQueue = { exchange: '', routingKey: 'q', queue: 'q' };
const toExchange = { exchange: 'tickets', routingKey: 'new', queue: null };
const encoded = {
  content: Buffer.from('[]'),
  properties: { headers: { id: 'a', task: 'tasks.add' }, contentType: 'application/json' },
};

const setup = (recording = true) => {
  const published: PublishRequest[] = [];
  const noted: SubmissionEntry[] = [];
  const bound: string[] = [];
  const failures: Error[] = [];
  const clock = { now: 5_000_500 };
  const watch = { ensure: () => undefined, note: () => undefined, invalidate: () => undefined };
  const publisher = new TaskPublisher({
    publisher: {
      publish: async (request) => {
        published.push(request);
        const failure = failures.shift();
        if (failure) throw failure;
      },
    },
    watch: watch as unknown as QueueWatch,
    records: {
      streamName: 'log',
      keys: () => (recording ? ['log'] : undefined),
      bindTo: async (exchange) => void bound.push(exchange),
      noteSubmitted: (entry) => void noted.push(entry),
    },
    createMissing: true,
    intervalMs: 3000,
    logger: new SilentLogger(),
    now: () => clock.now,
    monotonic: () => clock.now,
  });
  return { published, noted, bound, failures, clock, publisher };
};

describe('TaskPublisher', () => {
  it('sends task and record with one publish, and notes the submission', async () => {
    const { published, noted, publisher } = setup();
    await publisher.publish('a', encoded, toQueue);
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({
      exchange: '',
      routingKey: 'q',
      bcc: ['log'],
      properties: { timestamp: 5000 },
    });
    expect(noted).toMatchObject([{ taskId: 'a', task: 'tasks.add', queue: 'q', submittedAt: 5_000_500 }]);
  });

  it('sends no copy while nothing is recorded', async () => {
    const { published, publisher } = setup(false);
    await publisher.publish('a', encoded, toQueue);
    expect(published[0]?.bcc).toBeUndefined();
  });

  it('tells the id of a task of which nobody knows whether it arrived, and notes nothing', async () => {
    const { failures, noted, publisher } = setup();
    failures.push(
      new QueueError('PUBLISH_UNKNOWN', 'link died', { retryable: true, details: { queue: 'q' } }),
    );
    await expect(publisher.publish('a', encoded, toQueue)).rejects.toMatchObject({
      code: 'PUBLISH_UNKNOWN',
      retryable: true,
      details: { queue: 'q', taskId: 'a' },
    });
    expect(noted).toEqual([]);
  });

  it('publishes again after declaring a queue the broker could not find', async () => {
    const { failures, published, publisher } = setup(false);
    failures.push(new QueueError('UNROUTABLE', 'no queue'));
    await publisher.publish('a', encoded, toQueue);
    expect(published).toHaveLength(2);
  });

  it('lets the first task through an exchange prove the route, with its record apart', async () => {
    const { published, bound, publisher } = setup();
    await publisher.publish('a', encoded, toExchange);
    await publisher.publish('a', encoded, toExchange);
    expect(published.map(({ exchange, routingKey, bcc }) => [exchange, routingKey, bcc])).toEqual([
      ['tickets', 'new', undefined],
      ['', 'log', undefined],
      ['tickets', 'new', ['log']],
    ]);
    expect(bound).toEqual(['tickets']);
  });

  it('proves the route again after the interval', async () => {
    const { published, clock, publisher } = setup();
    await publisher.publish('a', encoded, toExchange);
    clock.now += 3000;
    await publisher.publish('a', encoded, toExchange);
    expect(published).toHaveLength(4);
  });

  it('keeps a routed task accepted when its record could not be written', async () => {
    const { failures, published, publisher } = setup();
    failures.push(undefined as unknown as Error, new QueueError('PUBLISH_NACKED', 'full'));
    await publisher.publish('a', encoded, toExchange);
    expect(published).toHaveLength(2);
  });
});
