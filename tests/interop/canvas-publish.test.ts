import { Redis } from 'ioredis';
import { ConfirmPublisher, Topology } from '../../amqp';
import {
  type Canvas,
  CanvasPublisher,
  type CanvasResult,
  CeleryClient,
  type ChordCounter,
  canvas,
  RedisResults,
} from '../../celery';
import { AmqpSession } from '../support/amqp-session';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';

const { chain, chord, group, s, si } = canvas;
const add = (...args: readonly number[]): Canvas => s('interop.add', ...args);
const echo = s('interop.echo');

/** Celery's own key for the size of a chord, and the structure of a header that has groups in it. */
class RedisChords implements ChordCounter {
  constructor(private readonly redis: Redis) {}

  async begin({ groupId, header }: Parameters<ChordCounter['begin']>[0]): Promise<void> {
    if (!header.results.some(({ results }) => results !== null)) return;
    const saved = JSON.stringify({ result: canvas.resultTuple(header) });
    await this.redis.setex(`celery-taskset-meta-${groupId}`, 600, saved);
  }

  async setSize(groupId: string, size: number): Promise<void> {
    await this.redis.setex(`celery-taskset-meta-${groupId}.s`, 600, String(size));
  }
}

describe('a canvas published here and run by an unmodified Python worker', () => {
  const cleanup = new Cleanup();
  let publisher: CanvasPublisher;
  let results: RedisResults;

  beforeAll(async () => {
    const session = await AmqpSession.open('canvas-publish');
    cleanup.does(() => session.close());
    const url = testRedisUrl();
    const redis = new Redis(url);
    cleanup.does(() => redis.quit());
    const { logger } = session;
    const connection = await session.connect();
    const confirms = await session.use(new ConfirmPublisher({ connection, logger }));
    results = await session.use(new RedisResults({ url, expiresSeconds: 600, logger }));
    const replyTo = 'nobody';
    const client = new CeleryClient({
      publisher: confirms,
      topology: new Topology({ connection, logger }),
      results,
      replyTo,
      defaultQueue: 'celery',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    });
    publisher = new CanvasPublisher({ client, replyTo, chords: new RedisChords(redis) });
    const worker = { brokerUrl: session.vhost.url, resultBackend: url, concurrency: 2 };
    await cleanup.stops(startPythonWorker(worker));
  });

  afterAll(() => cleanup.run());

  const finalValue = async (result: CanvasResult): Promise<unknown> => {
    if (result.results !== null) return Promise.all(result.results.map(finalValue));
    const meta = await results.waitForResult(result.id, { timeoutMs: 20_000 });
    return meta?.status === 'SUCCESS' ? meta.result : meta;
  };

  it.each<readonly [string, Canvas, unknown]>([
    ['a chain', chain(add(1, 2), add(3), add(4)), 10],
    ['a group', group(add(1, 2), add(3, 4)), [3, 7]],
    ['a group in a group', group(group(add(1, 2), add(3, 4)), add(5, 6)), [3, 7, 11]],
    ['a chain that ends in a group', chain(add(1, 2), group(add(10), add(20))), [13, 23]],
    ['a chord', chord([add(1, 2), add(3, 4)], echo), [3, 7]],
    ['a group before a task', canvas.pipe(group(add(1, 2), add(3, 4)), echo), [3, 7]],
    ['a chord with an empty header', chord([], echo), []],
    [
      'a chord of chains and chords',
      chord([chain(add(1, 2), add(3)), chord([add(4, 5)], echo)], echo),
      [6, [9]],
    ],
    ['a chord that a chain comes to', chain(add(1, 2), group(add(10), add(20)), echo), [13, 23]],
    [
      'two chords one after the other',
      chain(group(add(1, 1), add(2, 2)), echo, group(echo, si('interop.echo', 0)), echo),
      [[2, 4], 0],
    ],
    ['a map', canvas.xmap(echo, [1, [2]]), [1, [2]]],
    [
      'a starmap after a task',
      chain(
        si('interop.echo', 0),
        canvas.xstarmap(add(), [
          [1, 2],
          [3, 4],
        ]),
      ),
      [3, 7],
    ],
    [
      'chunks',
      canvas.chunks(
        add(),
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        2,
      ),
      [[2, 4], [6]],
    ],
  ])('%s ends in the value Python gives it', async (_, sig, value) => {
    const { result } = await publisher.apply(sig);
    expect(result).not.toBeNull();
    await expect(finalValue(result as CanvasResult)).resolves.toEqual(value);
  });
});
