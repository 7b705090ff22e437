import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { canvas } from '../../../celery/protocol';
import { type ChordClaim, type ChordPart, type PartReturned, RedisResults } from '../../../celery/results';
import { silentLogger } from '../../../runtime';
import { testRedisUrl } from '../../support/redis';

const { chord, group, s } = canvas;

const complete = (returned: PartReturned) => {
  if (returned.kind !== 'complete') throw new Error(`the chord is ${returned.kind}`);
  return returned.claim;
};

describe('chords counted on Redis', () => {
  const results = new RedisResults({ url: testRedisUrl(), expiresSeconds: 60, logger: silentLogger() });
  const redis = new Redis(testRedisUrl());
  const { chords } = results;
  beforeAll(() => results.start());
  afterAll(async () => {
    await results.stop();
    await redis.quit();
  });

  const part = (
    groupId: string,
    groupIndex: number,
    result: unknown,
    taskId = `${groupId}-${groupIndex}`,
  ): ChordPart => ({
    taskId,
    groupId,
    groupIndex,
    state: 'SUCCESS',
    result,
  });
  const keysOf = (groupId: string): Promise<string[]> => redis.keys(`celery-taskset-meta-${groupId}*`);
  const keyOf = (groupId: string, name: string): string => `celery-taskset-meta-${groupId}.${name}`;

  it('the last part gets all of them in the order of the header, and nothing is left once the body is fired', async () => {
    const id = randomUUID();
    await chords.setSize(id, 3);
    expect(await chords.onChordPartReturn(part(id, 2, 'c'))).toEqual({ kind: 'counted' });
    expect(await chords.onChordPartReturn(part(id, 0, { a: 1 }))).toEqual({ kind: 'counted' });
    const claim = complete(await chords.onChordPartReturn(part(id, 1, null)));
    expect(claim.parts.map(({ result }) => result)).toEqual([{ a: 1 }, null, 'c']);
    expect(claim.isRepeat).toBe(false);
    for (const name of ['j', 's', 'd']) {
      const ttl = await redis.ttl(keyOf(id, name));
      expect(ttl).toBeGreaterThan(30);
      expect(ttl).toBeLessThanOrEqual(60);
    }

    expect(await claim.prolong()).toBe(true);
    await claim.fired();

    expect(await keysOf(id)).toEqual([keyOf(id, 'c')]);
    expect(await chords.onChordPartReturn(part(id, 1, null))).toEqual({ kind: 'counted' });
    expect(await keysOf(id)).toEqual([keyOf(id, 'c')]);
  });

  it('a part that comes again counts once, whatever it holds the second time', async () => {
    const id = randomUUID();
    await chords.setSize(id, 2);
    await chords.onChordPartReturn(part(id, 0, 'first'));
    expect(await chords.onChordPartReturn(part(id, 0, 'second'))).toEqual({ kind: 'counted' });
    const claim = complete(await chords.onChordPartReturn(part(id, 1, 'other')));
    expect(claim.parts.map(({ result }) => result)).toEqual(['first', 'other']);
  });

  it('a part counted by a Celery that keeps no record of what it counted is recognised', async () => {
    const id = randomUUID();
    await chords.setSize(id, 2);
    await redis.zadd(keyOf(id, 'j'), 0, `[1, "${id}-0", "SUCCESS", "old"]`);
    expect(await chords.onChordPartReturn(part(id, 0, 'new'))).toEqual({ kind: 'counted' });
    expect(await redis.zcard(keyOf(id, 'j'))).toBe(1);
  });

  it('of many that return the last part at once, one fires; the others are told to wait', async () => {
    const id = randomUUID();
    await chords.setSize(id, 2);
    await chords.onChordPartReturn(part(id, 0, 0));
    const returned = await Promise.all(
      Array.from({ length: 20 }, () => chords.onChordPartReturn(part(id, 1, 1))),
    );
    expect(returned.filter(({ kind }) => kind === 'complete')).toHaveLength(1);
    expect(returned.filter(({ kind }) => kind === 'claimed')).toHaveLength(19);
  });

  it('a copy of a part takes over from a worker that died with the right to fire', async () => {
    const id = randomUUID();
    await chords.setSize(id, 1);
    const dead = complete(await chords.onChordPartReturn(part(id, 0, 7)));
    expect(await chords.onChordPartReturn(part(id, 0, 7))).toMatchObject({ kind: 'claimed' });
    await redis.del(keyOf(id, 'c'));

    const heir = complete(await chords.onChordPartReturn(part(id, 0, 7)));
    expect(heir.isRepeat).toBe(true);
    expect(await dead.prolong()).toBe(false);
    await dead.fired();
    expect(await redis.exists(keyOf(id, 'j'))).toBe(1);
    await heir.fired();
    expect(await redis.exists(keyOf(id, 'j'))).toBe(0);
  });

  it('a right that has expired is taken again as long as nobody else has it', async () => {
    const id = randomUUID();
    await chords.setSize(id, 1);
    const claim = complete(await chords.onChordPartReturn(part(id, 0, 7)));
    await redis.del(keyOf(id, 'c'));
    expect(await claim.prolong()).toBe(true);
  });

  it('a chord that failed is not failed again by a late copy', async () => {
    const id = randomUUID();
    await chords.setSize(id, 1);
    const claim = complete(await chords.onChordPartReturn({ ...part(id, 0, null), state: 'FAILURE' }));
    await claim.failed();
    await redis.del(keyOf(id, 'c'));
    expect(await chords.onChordPartReturn(part(id, 0, null))).toEqual({ kind: 'counted' });
  });

  it('waits for what was added to it', async () => {
    const id = randomUUID();
    await chords.setSize(id, 1);
    await chords.addToChord(id, 'a');
    expect(await chords.onChordPartReturn(part(id, 0, 'a'))).toEqual({ kind: 'counted' });
    const claim = complete(await chords.onChordPartReturn(part(id, 0, 'b', 'added')));
    expect(claim.parts.map(({ result }) => result).sort()).toEqual(['a', 'b']);
  });

  it('without a size nobody fires, and a new run of the same chord forgets that the last one is over', async () => {
    const id = randomUUID();
    expect(await chords.onChordPartReturn(part(id, 0, 1))).toEqual({ kind: 'counted' });
    await redis.del(...(await keysOf(id)));
    await redis.set(keyOf(id, 'c'), 'done');
    await chords.setSize(id, 1);
    expect(complete(await chords.onChordPartReturn(part(id, 0, 2))).parts).toHaveLength(1);
  });

  it.each([
    ['here', (claim: ChordClaim) => claim.failed()],
    ['in Python, which takes its size away', (_claim: ChordClaim, id: string) => redis.del(keyOf(id, 's'))],
  ])('a new run of a chord that failed %s begins with nothing of that one', async (_where, fail) => {
    const id = randomUUID();
    await chords.setSize(id, 2, 'step after first 0');
    await chords.onChordPartReturn({ ...part(id, 0, 'bad'), state: 'FAILURE' });
    await chords.addToChord(id, 'a');
    await chords.onChordPartReturn(part(id, 1, 'old'));
    await fail(complete(await chords.onChordPartReturn(part(id, 2, 'old', 'added'))), id);

    await chords.setSize(id, 2, 'step after replayed 0');
    await chords.addToChord(id, 'a');
    expect(await chords.onChordPartReturn(part(id, 0, 'good'))).toEqual({ kind: 'counted' });
    expect(await chords.onChordPartReturn(part(id, 1, 'new'))).toEqual({ kind: 'counted' });
    const claim = complete(await chords.onChordPartReturn(part(id, 2, 'member', 'added')));
    expect(claim.parts.map(({ result }) => result)).toEqual(['good', 'new', 'member']);
  });

  it('what a run that goes on has counted stays when the same one or a new run begins', async () => {
    for (const beginner of ['step after first 0', 'step after replayed 0']) {
      const id = randomUUID();
      await chords.setSize(id, 2, 'step after first 0');
      await chords.onChordPartReturn(part(id, 0, 'first'));
      await chords.setSize(id, 2, beginner);
      const claim = complete(await chords.onChordPartReturn(part(id, 1, 'second')));
      expect(claim.parts.map(({ result }) => result)).toEqual(['first', 'second']);
    }
  });

  it('keeps the structure of a header with groups in it, and no other', async () => {
    const begun = async (header: Parameters<typeof chord>[0]): Promise<string> => {
      const context = { newId: randomUUID, replyTo: '' };
      const { steps } = canvas.planCanvas(chord(header, s('t.body')), {}, context);
      const step = steps.find(({ kind }) => kind === 'chord') as canvas.ChordStep;
      await chords.begin(step);
      return step.groupId;
    };
    const flat = await begun([s('t.a'), s('t.b')]);
    const nested = await begun([s('t.a'), canvas.chain(s('t.b'), group(s('t.c'), s('t.d')))]);
    expect(await keysOf(flat)).toEqual([]);
    const saved = JSON.parse((await redis.get(`celery-taskset-meta-${nested}`)) ?? '') as { result: unknown };
    expect(saved.result).toMatchObject([
      [nested, null],
      [
        [[expect.any(String), null], null],
        [{}, [{}, {}]],
      ],
    ]);
    await chords.setSize(nested, 1);
    const claim = complete(await chords.onChordPartReturn(part(nested, 0, 1)));
    expect(claim.header?.results).toMatchObject([{ results: null }, { results: [{}, {}] }]);
  });

  it('counts on with a list where an application does without order', async () => {
    const id = randomUUID();
    await chords.setSize(id, 2);
    await redis.rpush(keyOf(id, 'j'), `[1, "python", "SUCCESS", "x"]`);
    const claim = complete(await chords.onChordPartReturn(part(id, 0, 'y')));
    expect(claim.parts.map(({ result }) => result)).toEqual(['x', 'y']);
  });

  it('without order it begins a list, counts on with a set that others began, and keeps both as long as chords are kept', async () => {
    const options = {
      url: testRedisUrl(),
      expiresSeconds: 60,
      chordExpiresSeconds: 600,
      chordOrdered: false,
    };
    const unordered = new RedisResults({ ...options, logger: silentLogger() });
    await unordered.start();
    try {
      const [list, set] = [randomUUID(), randomUUID()];
      await unordered.chords.setSize(list, 2);
      await unordered.chords.onChordPartReturn(part(list, 1, 'first'));
      expect(await redis.type(keyOf(list, 'j'))).toBe('list');
      expect(await redis.ttl(keyOf(list, 'j'))).toBeGreaterThan(300);
      await unordered.chords.onChordPartReturn(part(list, 1, 'first'));
      const came = complete(await unordered.chords.onChordPartReturn(part(list, 0, 'second')));
      expect(came.parts.map(({ result }) => result)).toEqual(['first', 'second']);

      await chords.setSize(set, 2);
      await chords.onChordPartReturn(part(set, 1, 'last'));
      const ordered = complete(await unordered.chords.onChordPartReturn(part(set, 0, 'head')));
      expect(ordered.parts.map(({ result }) => result)).toEqual(['head', 'last']);
    } finally {
      await unordered.stop();
    }
  });

  it('a right lasts as long as it is set to', async () => {
    const brief = new RedisResults({
      url: testRedisUrl(),
      expiresSeconds: 60,
      chordClaimSeconds: 5,
      logger: silentLogger(),
    });
    await brief.start();
    try {
      const id = randomUUID();
      await brief.chords.setSize(id, 1);
      const claim = complete(await brief.chords.onChordPartReturn(part(id, 0, 1)));
      expect(await redis.ttl(keyOf(id, 'c'))).toBeLessThanOrEqual(5);
      await claim.fired();
    } finally {
      await brief.stop();
    }
  });
});
