import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CanvasPublisher } from '../../../celery/client';
import { RedisResults } from '../../../celery/results';
import { silentLogger } from '../../../runtime';
import { type Canvas, type CanvasResult, canvas, type TaskDefinition } from '../../../workers';
import { testRedisUrl } from '../../support/redis';
import { threadsWorker } from './threads-worker';
import { WorkerBench } from './worker-bench';

const MODULE = join(__dirname, '..', '..', 'fixtures', 'tasks', 'thread-canvas-tasks.js');
const tasks = Object.values(jest.requireActual<Record<string, TaskDefinition>>(MODULE));

const on = (sig: Canvas): Canvas => canvas.set(sig, { queue: 'threads' });
const add = (...args: readonly unknown[]): Canvas => on(canvas.s('tc.add', ...args));
const echo = (): Canvas => on(canvas.s('tc.echo'));

describe('canvases of tasks that run in threads', () => {
  const results = new RedisResults({ url: testRedisUrl(), expiresSeconds: 60, logger: silentLogger() });
  let bench: WorkerBench;
  let publisher: CanvasPublisher;
  let stopWorker = async (): Promise<void> => undefined;

  beforeAll(async () => {
    bench = await WorkerBench.open('threads-canvas');
    await results.start();
    publisher = new CanvasPublisher({ client: bench.client, replyTo: '', chords: results.chords });
    const parts = { tasks, taskModules: [MODULE], resultBackend: testRedisUrl() };
    const worker = threadsWorker(bench.vhost.url, 'threads', parts);
    stopWorker = () => worker.stop();
    await worker.start();
  });
  afterAll(async () => {
    await stopWorker();
    await results.stop();
    await bench.close();
  });

  const value = async (result: CanvasResult | null): Promise<unknown> => {
    if (result === null) throw new Error('the canvas is empty');
    const meta = await results.waitForResult(result.id, { timeoutMs: 30_000 });
    if (meta?.status !== 'SUCCESS') throw new Error(JSON.stringify(meta));
    return meta.result;
  };
  const run = async (sig: Canvas): Promise<unknown> => value((await publisher.apply(sig)).result);

  const { chain, chord, s } = canvas;

  test.each<readonly [string, Canvas, unknown]>([
    ['a replacement goes out when the task has ended', chain(on(s('tc.replaced', 5)), add(1000)), 1016],
    [
      'a replacement is the member of the chord',
      chord([on(s('tc.replaced', 5)), add(1, 1)], echo()),
      [16, 2],
    ],
    [
      'a task is added to the chord',
      chord([on(s('tc.extending', 7))], echo()),
      expect.arrayContaining([7, 107]),
    ],
    ["Celery's maps call tasks in a thread", on(canvas.xstarmap(s('tc.add'), [[1, 2]])), [3]],
    [
      "Celery's other tasks run beside the threads",
      on(canvas.set(s('celery.accumulate', 'a', 'b'), {})),
      ['a', 'b'],
    ],
  ])('%s', async (_, sig, expected) => {
    expect(await run(sig)).toEqual(expected);
  });

  test('what a thread starts is its child, and may be its result', async () => {
    const { result } = await publisher.apply(on(s('tc.launching')));
    const stored = (await value(result)) as canvas.ResultTuple;
    const meta = await results.getTaskMeta(String(result?.id));
    expect(meta?.children).toEqual(expect.arrayContaining([stored[0][1]]));
    expect(await value(canvas.resultFromTuple(stored))).toEqual([3]);
  });

  test('celery.chord_unlock fires the body once all results are there, or fails it', async () => {
    const unlock = async (members: readonly Canvas[]): Promise<string> => {
      const header = await Promise.all(members.map((member) => publisher.apply(member)));
      const body = canvas.set(echo(), { task_id: randomUUID() });
      const tuples = header.map(({ result }) => canvas.resultTuple(result as CanvasResult));
      const options = { queue: 'threads', replyTo: '' };
      const kwargs = { interval: 0.1, max_retries: null, result: tuples };
      await bench.client.submit({ name: 'celery.chord_unlock', args: [randomUUID(), body], kwargs, options });
      return String(body.options.task_id);
    };
    const wait = { timeoutMs: 30_000 };
    expect(await results.waitForResult(await unlock([add(1, 2), add(3, 4)]), wait)).toMatchObject({
      result: [3, 7],
    });
    expect(await results.waitForResult(await unlock([add(1, 2), add(1)]), wait)).toMatchObject({
      status: 'FAILURE',
      result: {
        exc_type: 'ChordError',
        exc_message: [expect.stringMatching(/^Dependency .* raised TypeError\(/)],
      },
    });
  });
});
