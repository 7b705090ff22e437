import { KeyedLog } from '../../../celery/streams';
import { until } from '../../support/until';
import { type Rig, startRig } from './rig';

const STREAM = 'celery-gateway.test-keys';

async function openLog(rig: Rig, streamName = STREAM, maxAgeSeconds = 3600): Promise<KeyedLog<number>> {
  const log = await rig.cleanup.stops(
    new KeyedLog<number>({
      connection: rig.connections.consume,
      topology: rig.topology,
      publisher: rig.publisher,
      streamName,
      maxAgeSeconds,
      read: (json) => (typeof json === 'number' ? json : undefined),
      logger: rig.logger,
    }),
  );
  await log.start();
  await until(() => log.usable, { timeoutMs: 30_000, what: 'the log' });
  return log;
}

describe('a keyed log on a stream', () => {
  let one: Rig;
  let two: Rig;

  beforeAll(async () => {
    one = await startRig('keyed-log');
    two = await startRig('keyed-log-2', one.vhost);
  });
  afterAll(async () => {
    await two.cleanup.run();
    await one.cleanup.run();
  });

  it('counts every increment of two gateways once, and a third that starts later reads the same', async () => {
    const logs = [await openLog(one), await openLog(two)] as const;
    const increments = 25;
    const count = async (log: KeyedLog<number>): Promise<void> => {
      for (let done = 0; done < increments; ) {
        const seen = log.get('count');
        if (await log.put('count', (seen?.value ?? 0) + 1, seen?.version ?? null)) done += 1;
      }
    };
    await Promise.all(logs.map(count));
    await until(() => logs.every((log) => log.get('count')?.value === 2 * increments), { timeoutMs: 30_000 });

    const seen = logs[0].get('count');
    await logs[0].put('gone', 1, null);
    await logs[0].remove('gone', logs[0].get('gone')?.version ?? -1);
    const late = await openLog(one);
    expect(late.get('count')).toEqual(seen);
    expect(late.get('gone')).toBeUndefined();
    expect([...late.entries()].map(([key]) => key)).toEqual(['count']);
  }, 60_000);

  it('passes over what others wrote into the stream', async () => {
    const log = await openLog(two);
    for (const content of ['{"key":"x"}', 'no json', '{"key":"x","value":"no number","expects":null}']) {
      await one.publisher.publish({
        exchange: '',
        routingKey: STREAM,
        content: Buffer.from(content),
        properties: { type: 'celery-gateway.keyed' },
      });
    }
    expect(await log.put('after', 1, null)).toBe(true);
    expect(log.get('x')).toBeUndefined();
  }, 60_000);

  it('writes what still holds again before the broker may drop it, and both gateways stay agreed', async () => {
    const stream = 'celery-gateway.test-short';
    const logs = [await openLog(one, stream, 8), await openLog(two, stream, 8)] as const;
    await logs[0].put('old', 7, null);
    const first = logs[0].get('old')?.version ?? -1;
    await until(() => logs.every((log) => (log.get('old')?.version ?? -1) > first), { timeoutMs: 30_000 });
    expect(logs.map((log) => log.get('old')?.value)).toEqual([7, 7]);
    // Whatever is being written again at this moment, the next writer wins on top of it.
    await until(async () => {
      const seen = logs[1].get('old');
      return seen !== undefined && (await logs[1].put('old', 8, seen.version));
    });
    await until(() => logs.every((log) => log.get('old')?.value === 8), { timeoutMs: 30_000 });
  }, 60_000);
});
