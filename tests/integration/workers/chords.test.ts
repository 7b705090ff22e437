import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { ChordClaim } from '../../../celery/results';
import { RedisResults } from '../../../celery/results';
import { silentLogger } from '../../../runtime';
import { type Canvas, canvas, defineTask } from '../../../workers';
import { testRedisUrl } from '../../support/redis';
import { until } from '../../support/until';
import { WorkerBench } from './worker-bench';

describe('chords on Redis when header tasks come twice and workers die', () => {
  let results: RedisResults;
  const redis = new Redis(testRedisUrl());
  const bodies: unknown[] = [];
  let bench: WorkerBench;
  let runs = 0;

  beforeAll(async () => {
    bench = await WorkerBench.open('chords');
    const options = { url: testRedisUrl(), expiresSeconds: 60, logger: silentLogger() };
    results = new RedisResults({ ...options, chordScope: fleet() });
    await results.start();
    const tasks = [
      defineTask('c.part', { params: ['value'], acksLate: true }, (_context, { value }) => value),
      defineTask('c.other', { params: [], acksLate: true }, () => {
        runs += 1;
        return runs;
      }),
      defineTask('c.body', { params: ['values', 'key'] }, (_context, { values, key }) => {
        bodies.push([key, values]);
        return values;
      }),
    ];
    const worker = { resultBackend: testRedisUrl(), concurrency: 4 };
    await Promise.all([bench.startWorker(tasks, worker), bench.startWorker(tasks, worker)]);
  });
  afterAll(async () => {
    await bench.close();
    await results.stop();
    await redis.quit();
  });

  /** What the workers of this file call their broker. */
  const fleet = (): string => {
    const { host, pathname } = new URL(bench.vhost.url);
    return host + pathname;
  };

  interface Chord {
    readonly id: string;
    readonly taskId: string;
    readonly body: Canvas;
  }

  const begin = async (size: number): Promise<Chord> => {
    const [id, taskId, bodyId] = [randomUUID(), randomUUID(), randomUUID()];
    await results.chords.setSize(id, size);
    return { id, taskId, body: canvas.set(canvas.s('c.body', id), { task_id: bodyId }) };
  };
  const submitPart = ({ id, taskId, body }: Chord, name = 'c.part', index = 0): Promise<string> => {
    const options = {
      taskId: index === 0 ? taskId : randomUUID(),
      groupId: id,
      groupIndex: index,
      chord: body,
    };
    return bench.submit(name, name === 'c.part' ? ['value'] : [], options);
  };
  const runsOf = ({ id }: Chord): unknown[] => bodies.filter((body) => (body as unknown[])[0] === id);
  const claimKey = ({ id }: Chord): string => `celery-taskset-meta-${id}.c`;

  /** A worker that had counted the last part, and died with the right to fire the body. */
  const died = async (chord: Chord): Promise<ChordClaim> => {
    const { id: groupId, taskId } = chord;
    const part = { groupId, taskId, groupIndex: 0, state: 'SUCCESS', result: 'value' };
    const returned = await results.chords.onChordPartReturn(part);
    if (returned.kind !== 'complete') throw new Error('the chord is not complete');
    return returned.claim;
  };

  test('a worker that died before it sent the body: who runs the task again waits for its right to end, and sends it', async () => {
    const chord = await begin(1);
    await died(chord);
    await submitPart(chord);
    await bench.event(chord.taskId, 'task-started');
    await until(async () => (await results.getTaskMeta(chord.taskId)) !== null);
    expect(runsOf(chord)).toEqual([]);
    await redis.del(claimKey(chord));

    await until(() => runsOf(chord).length > 0, { timeoutMs: 30_000 });
    await until(async () => (await redis.get(claimKey(chord))) === 'done');
    expect(runsOf(chord)).toEqual([[chord.id, ['value']]]);
  });

  test('a worker that died after it sent the body: it is not sent again once it has a result', async () => {
    const chord = await begin(1);
    await died(chord);
    const bodyId = String(chord.body.options.task_id);
    await bench.submit('c.body', [['value'], chord.id], { taskId: bodyId });
    await results.waitForResult(bodyId, { timeoutMs: 30_000 });
    await redis.del(claimKey(chord));
    await submitPart(chord);

    await until(async () => (await redis.get(claimKey(chord))) === 'done', { timeoutMs: 30_000 });
    await bench.event(chord.taskId, 'task-succeeded');
    expect(runsOf(chord)).toHaveLength(1);
  });

  test('a worker that died before it sent the body of a chord that no task comes back for: another one sends it', async () => {
    const chord = await begin(1);
    const { id: groupId, taskId, body } = chord;
    const part = { groupId, taskId, groupIndex: 0, state: 'SUCCESS', result: 'value' };
    const request = { id: taskId, rootId: 'the-root', replyTo: '', headers: {} };
    const returned = await results.chords.onChordPartReturn(part, { part, body, request });
    expect(returned.kind).toBe('complete');
    expect(await results.chords.orphans()).toEqual([]);
    // Time passes.
    await redis.del(claimKey(chord));
    await redis.zadd(`celery-gateway-chords-due:${fleet()}`, 1, groupId);

    await until(() => runsOf(chord).length > 0, { timeoutMs: 30_000 });
    await until(async () => (await redis.get(claimKey(chord))) === 'done');
    expect(runsOf(chord)).toEqual([[chord.id, ['value']]]);
    expect(await redis.zscore(`celery-gateway-chords-due:${fleet()}`, groupId)).toBeNull();
    expect(await redis.hexists(`celery-gateway-chords-heritage:${fleet()}`, groupId)).toBe(0);
  });

  test.each([
    ['a list', (members: readonly Canvas[]) => members],
    ['a group', (members: readonly Canvas[]) => canvas.group([...members])],
  ])(
    'celery.chord, which old clients send with %s as header, publishes it, and the body runs',
    async (_, headerOf) => {
      const [key, bodyId] = [randomUUID(), randomUUID()];
      const body = canvas.set(canvas.s('c.body', key), { task_id: bodyId });
      const header = headerOf([canvas.s('c.part', 'a'), canvas.s('c.part', 'b')]);
      await bench.submit('celery.chord', [header, body]);
      expect(await results.waitForResult(bodyId, { timeoutMs: 30_000 })).toMatchObject({
        result: ['a', 'b'],
      });
      expect(bodies.filter((each) => (each as unknown[])[0] === key)).toEqual([[key, ['a', 'b']]]);
    },
  );

  test('header tasks that run twice, with other results each time, on two workers at once: the body runs once', async () => {
    const chords = await Promise.all(Array.from({ length: 20 }, () => begin(3)));
    await Promise.all(
      chords.flatMap((chord) => [
        ...[0, 0, 0].map(() => submitPart(chord, 'c.other')),
        submitPart(chord, 'c.part', 1),
        submitPart(chord, 'c.part', 2),
      ]),
    );
    await until(() => chords.every((chord) => runsOf(chord).length > 0), { timeoutMs: 30_000 });
    await until(async () => (await bench.depth('celery')) === 0);
    for (const { taskId } of chords) {
      await until(() => bench.eventsOf(taskId).filter((type) => type === 'task-succeeded').length === 3);
    }
    for (const chord of chords) {
      expect(runsOf(chord)).toEqual([[chord.id, [expect.any(Number), 'value', 'value']]]);
    }
  });
});
