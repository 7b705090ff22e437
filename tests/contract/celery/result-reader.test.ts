import { randomUUID } from 'node:crypto';
import { AmqpConnections, ConfirmPublisher, Topology } from '../../../amqp';
import {
  RedisResults,
  type ResultReader,
  type ResultWriter,
  RpcResultWriter,
  RpcStreamResults,
} from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { Cleanup } from '../../support/cleanup';
import { testRedisUrl } from '../../support/redis';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';
import { createVhost } from '../../support/vhost';

interface Pair {
  readonly reader: ResultReader;
  readonly writer: ResultWriter;
  readonly replyTo: string | null;
}
const logger = new SilentLogger();

const onRedis = async (cleanup: Cleanup): Promise<Pair> => {
  const redis = await cleanup.stops(new RedisResults({ url: testRedisUrl(), expiresSeconds: 60, logger }));
  return { reader: redis, writer: redis, replyTo: null };
};

const onStream =
  (streams: boolean) =>
  async (cleanup: Cleanup): Promise<Pair> => {
    const vhost = await createVhost('contract');
    cleanup.does(() => vhost.drop());
    const connections = await cleanup.stops(
      new AmqpConnections({ urls: [vhost.url], name: 'contract', logger }),
    );
    await connections.start();
    await connections.ready(10_000);
    const publisher = await cleanup.stops(new ConfirmPublisher({ connection: connections.publish, logger }));
    await publisher.start();
    const topology = new Topology({ connection: connections.consume, logger });
    const reader = await cleanup.stops(
      new RpcStreamResults({
        connection: connections.consume,
        topology,
        maxAgeSeconds: 60,
        maxEntries: 100,
        streams,
        logger,
      }),
    );
    const replyTo = streams ? 'celery-gateway.results' : reader.replyTo;
    return { reader, writer: new RpcResultWriter({ publisher }), replyTo };
  };

describe.each([
  ['redis', onRedis],
  ['rpc stream', onStream(true)],
  ['rpc fallback queue', onStream(false)],
])('ResultReader and ResultWriter: %s', (_name, open) => {
  const cleanup = new Cleanup();
  let pair: Pair;
  const store = (task_id: string, status: string, result: unknown = null): Promise<void> => {
    const meta: TaskMeta = { status, result, traceback: null, children: [], date_done: null, task_id };
    return pair.writer.storeResult({ id: task_id, replyTo: pair.replyTo, correlationId: task_id }, meta);
  };

  beforeAll(async () => {
    pair = await open(cleanup);
    await pair.reader.start();
    await until(() => pair.reader.status.ready);
  });
  afterAll(() => cleanup.run());

  it('knows nothing of an id nobody reported', async () => {
    expect(await pair.reader.getTaskMeta(randomUUID())).toBeNull();
  });

  it('shows the latest state while a task is not ready', async () => {
    const id = randomUUID();
    await store(id, 'STARTED', { pid: 1 });
    await store(id, 'RETRY');
    await until(async () => (await pair.reader.getTaskMeta(id))?.status === 'RETRY');
  });

  it('lets waiters go by ready states only, and keeps SUCCESS for good', async () => {
    const id = randomUUID();
    const waiting = pair.reader.waitForResult(id, { timeoutMs: 10_000 });
    await store(id, 'STARTED');
    await store(id, 'SUCCESS', { deep: ['ä', 1.5, null] });
    await store(id, 'FAILURE');
    expect(await waiting).toMatchObject({
      status: 'SUCCESS',
      result: { deep: ['ä', 1.5, null] },
      task_id: id,
    });
    const later = await pair.reader.waitForResult(id, { timeoutMs: 10_000 });
    expect(later?.status).toBe('SUCCESS');
  });

  it('gives null at the timeout', async () => {
    expect(await pair.reader.waitForResult(randomUUID(), { timeoutMs: 10 })).toBeNull();
  });

  it('throws the reason of a signal that has aborted', async () => {
    const signal = AbortSignal.abort(new Error('left'));
    await expect(pair.reader.waitForResult(randomUUID(), { timeoutMs: 10_000, signal })).rejects.toThrow(
      'left',
    );
  });

  it('starts twice and stops twice without harm', async () => {
    await pair.reader.start();
    const waiting = pair.reader.waitForResult(randomUUID(), { timeoutMs: 60_000 });
    await pair.reader.stop();
    expect(await waiting).toBeNull();
    await pair.reader.stop();
  });
});
