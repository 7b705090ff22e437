import { RpcResultWriter, type RpcStreamResults } from '../../../celery';
import type { TaskMeta } from '../../../celery/protocol';
import { until } from '../../support/until';
import { type Rig, startRig, startStores } from './rig';

const meta = (task_id: string, status = 'SUCCESS', result: unknown = 42): TaskMeta => ({
  status,
  result,
  traceback: null,
  children: [],
  date_done: null,
  task_id,
});
const address = (results: RpcStreamResults, id: string) => ({
  id,
  replyTo: results.replyTo,
  correlationId: id,
});

describe('RpcStreamResults on RabbitMQ', () => {
  let rig: Rig;
  let results: RpcStreamResults;
  let writer: RpcResultWriter;

  beforeAll(async () => {
    rig = await startRig('results');
    ({ results } = await startStores(rig));
    writer = new RpcResultWriter({ publisher: rig.publisher });
  });
  afterAll(() => rig.cleanup.run());

  it('hands a result to those who wait for it', async () => {
    const waiting = results.waitForResult('a', { timeoutMs: 10_000 });
    await writer.storeResult(address(results, 'a'), meta('a', 'STARTED'));
    await writer.storeResult(address(results, 'a'), meta('a'));
    expect(await waiting).toMatchObject({ status: 'SUCCESS', result: 42 });
    expect(results.waiting).toBe(0);
  });

  it('survives what is no result', async () => {
    const waiting = results.waitForResult('b', { timeoutMs: 10_000 });
    for (const content of [Buffer.from('not json'), Buffer.from('{"status":1}'), Buffer.alloc(0)]) {
      await rig.publisher.publish({ exchange: '', routingKey: results.replyTo, content, properties: {} });
    }
    await writer.storeResult(address(results, 'b'), meta('b'));
    expect((await waiting)?.result).toBe(42);
  });

  it('is known to a second gateway, and to one started later', async () => {
    const other = await startRig('replica', rig.vhost);
    try {
      const replica = await startStores(other);
      expect((await replica.results.getTaskMeta('a'))?.result).toBe(42);
      const both = [results, replica.results].map((store) => store.waitForResult('c', { timeoutMs: 10_000 }));
      await writer.storeResult(address(results, 'c'), meta('c', 'FAILURE', { exc_type: 'ValueError' }));
      expect((await Promise.all(both)).map((found) => found?.status)).toEqual(['FAILURE', 'FAILURE']);
    } finally {
      await other.cleanup.run();
    }
  });

  it('declares its stream again when somebody deletes it, and reads on', async () => {
    await rig.topology.deleteQueue(results.replyTo);
    await until(
      async () => (await rig.topology.queueStatus(results.replyTo)) !== null && results.status.ready,
    );
    const waiting = results.waitForResult('e', { timeoutMs: 10_000 });
    await writer.storeResult(address(results, 'e'), meta('e'));
    expect((await waiting)?.result).toBe(42);
  });

  it('knows nothing of an id nobody reported', async () => {
    expect(await results.getTaskMeta('unheard')).toBeNull();
    expect(await results.waitForResult('unheard', { timeoutMs: 20 })).toBeNull();
  });

  it('falls back to a durable queue that expires, and says so', async () => {
    const other = await startRig('fallback', rig.vhost);
    try {
      const { results: fallback, records } = await startStores(other, false);
      expect(fallback.status).toMatchObject({ ready: true, kind: 'queue' });
      expect(fallback.status.detail).toContain('no stream');
      expect(records.status.kind).toBe('none');
      expect(records.keys()).toBeUndefined();
      expect(await rig.topology.queueIsDurable(fallback.replyTo)).toBe(true);
      const waiting = fallback.waitForResult('d', { timeoutMs: 10_000 });
      await writer.storeResult(address(fallback, 'd'), meta('d'));
      expect((await waiting)?.result).toBe(42);
    } finally {
      await other.cleanup.run();
    }
  });
});
