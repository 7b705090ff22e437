import { ConnectionError, QueueError } from '../../../../amqp';
import { type LogTopology, openLogQueue } from '../../../../celery/streams/log-queue';

const topology = (refuse?: Error) => {
  const calls: unknown[][] = [];
  const fake: LogTopology = {
    ensureQueue: async (queue) => {
      calls.push(['queue', queue.name, queue.arguments ?? {}]);
      if (refuse && queue.arguments?.['x-queue-type'] === 'stream') throw refuse;
      return 'declared';
    },
    ensureExchange: async (exchange) => {
      calls.push(['exchange', exchange.name]);
      return 'existing';
    },
    bindQueue: async (binding) => {
      calls.push(['bind', binding.queue, binding.exchange, binding.routingKey]);
    },
  };
  return { fake, calls };
};

const bindings = [{ exchange: { name: 'celeryev', type: 'topic' }, routingKey: '#' }];
const fallback = { name: 'log.fallback', arguments: { 'x-expires': 1000 } };

describe('openLogQueue', () => {
  it('declares a stream with retention by age and small segments, and binds it', async () => {
    const { fake, calls } = topology();
    const opened = await openLogQueue({ topology: fake, streamName: 'log', maxAgeSeconds: 60, bindings });
    expect(opened).toEqual({ kind: 'stream', queue: 'log', created: true });
    expect(calls).toEqual([
      [
        'queue',
        'log',
        { 'x-queue-type': 'stream', 'x-max-age': '60s', 'x-stream-max-segment-size-bytes': 33_554_432 },
      ],
      ['exchange', 'celeryev'],
      ['bind', 'log', 'celeryev', '#'],
    ]);
  });

  it('limits the stream by size where one is given', async () => {
    const { fake, calls } = topology();
    await openLogQueue({ topology: fake, streamName: 'log', maxAgeSeconds: 60, maxStreamBytes: 5_000 });
    expect(calls).toEqual([
      ['queue', 'log', expect.objectContaining({ 'x-max-age': '60s', 'x-max-length-bytes': 5_000 })],
    ]);
  });

  it('takes the fallback queue and says why when the broker refuses streams', async () => {
    const { fake, calls } = topology(new QueueError('PRECONDITION_FAILED', 'invalid arg x-queue-type'));
    const opened = await openLogQueue({
      topology: fake,
      streamName: 'log',
      maxAgeSeconds: 60,
      bindings,
      fallback,
    });
    expect(opened).toMatchObject({ kind: 'queue', queue: 'log.fallback' });
    expect(opened.detail).toContain('invalid arg x-queue-type');
    expect(calls).toContainEqual(['bind', 'log.fallback', 'celeryev', '#']);
  });

  it('does without a log when there is no fallback', async () => {
    const { fake } = topology(new ConnectionError('ACCESS_REFUSED', 'not yours'));
    const opened = await openLogQueue({ topology: fake, streamName: 'log', maxAgeSeconds: 60 });
    expect(opened).toEqual({ kind: 'none', queue: 'log', detail: 'no stream: not yours' });
  });

  it('asks the broker for no stream when streams are turned off', async () => {
    const { fake, calls } = topology();
    await openLogQueue({ topology: fake, streamName: 'log', maxAgeSeconds: 60, fallback, streams: false });
    expect(calls).toEqual([['queue', 'log.fallback', { 'x-expires': 1000 }]]);
  });

  it('passes a lost connection on instead of falling back for good', async () => {
    const { fake } = topology(new ConnectionError('CONNECTION_LOST', 'gone'));
    const opening = openLogQueue({ topology: fake, streamName: 'log', maxAgeSeconds: 60, fallback });
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
