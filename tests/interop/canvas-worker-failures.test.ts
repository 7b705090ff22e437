import { randomUUID } from 'node:crypto';
import { type Canvas, type CanvasResult, canvas, type TaskMeta } from '../../celery';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { runPython } from '../support/python';
import { until } from '../support/until';

const { chain, chord, group, linkError, s, set, si } = canvas;

const on = (queue: string, task: string, ...args: readonly unknown[]): Canvas =>
  set(s(`canvas.${task}`, ...args), { queue });
const fail = (queue: string): Canvas => on(queue, 'fail');
const add = (queue: string, ...args: readonly unknown[]): Canvas => on(queue, 'add', ...args);

/** Results before a result, the latest first. */
const before = (result: CanvasResult): readonly CanvasResult[] =>
  result.parent === null ? [] : [result.parent, ...before(result.parent)];

const messageOf = ({ result }: TaskMeta): string =>
  String((result as { readonly exc_message: readonly unknown[] }).exc_message[0]);

describe('failures in canvases run by Python and TypeScript workers, on Redis', () => {
  let rig: CanvasRig;

  beforeAll(async () => {
    rig = await CanvasRig.open('canvas-failures');
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
  }, 90_000);
  afterAll(() => rig.close());

  const noted = (key: string, count: number): Promise<string[]> =>
    until(
      async () => {
        const notes = await rig.notes(key);
        return notes.length >= count && notes;
      },
      { timeoutMs: 30_000, what: `${count} notes` },
    );
  const groupKeys = (groupId: string): Promise<string[]> => rig.redis.keys(`celery-taskset-meta-${groupId}*`);

  describe.each(['p', 't'])('a task that fails on %s', (queue) => {
    const other = queue === 'p' ? 't' : 'p';

    it.each(['p', 't'])(
      'fails the rest of its chain and calls an errback on %s once, with its id',
      async (errbacks) => {
        const key = randomUUID();
        const steps = chain(fail(queue), add(other, 1), add(queue, 1));
        const last = await rig.apply(linkError(steps, on(errbacks, 'errback', key)));
        const [second, first] = before(last);
        const metas = await Promise.all([first, second, last].map((each) => rig.meta(each?.id ?? '')));
        expect(metas.map(({ status }) => status)).toEqual(['FAILURE', 'FAILURE', 'FAILURE']);
        expect(new Set(metas.map(messageOf))).toEqual(new Set(['bad']));
        expect(await noted(key, 1)).toEqual([`errback ${first?.id}`]);
      },
    );

    it('fails the body of its chord, whose errback is called', async () => {
      const key = randomUUID();
      const body = linkError(on(other, 'collect', key), on(other, 'errback', key));
      const result = await rig.apply(chord([add(other, 1, 1), fail(queue), add(queue, 2, 2)], body));
      const meta = await rig.meta(result.id);
      const failed = result.parent?.results?.[1]?.id;
      expect(meta).toMatchObject({
        status: 'FAILURE',
        result: { exc_type: 'ChordError', exc_module: 'celery.exceptions' },
      });
      expect(messageOf(meta)).toBe(`Dependency ${failed} raised ValueError('bad')`);
      expect(await noted(key, 1)).toEqual([`errback ${result.id}`]);
      const groupId = String(result.parent?.id);
      await until(async () => !(await groupKeys(groupId)).includes(`celery-taskset-meta-${groupId}.s`));
    });

    it('in a chain within a header: the last step of the chain is what failed the chord', async () => {
      const result = await rig.apply(
        chord([chain(fail(queue), add(other, 1)), add(other, 1, 1)], on(other, 'total')),
      );
      const lastStep = result.parent?.results?.[0]?.id;
      expect(messageOf(await rig.meta(result.id))).toBe(`Dependency ${lastStep} raised ValueError('bad')`);
    });

    it('before a chord in a chain fails the body of that chord', async () => {
      const result = await rig.apply(
        chain(fail(queue), group(add(other, 1), add(queue, 2)), on(other, 'total')),
      );
      expect(messageOf(await rig.meta(result.id))).toBe('bad');
    });

    it('fails each task of a body that is a group', async () => {
      const result = await rig.apply(
        chord([fail(queue), add(queue, 1, 1)], group(on(other, 'total'), on(queue, 'total'))),
      );
      const metas = await Promise.all((result.results ?? []).map(({ id }) => rig.meta(id)));
      expect(metas.map(messageOf)).toEqual(['bad', 'bad']);
    });

    it('that had expired fails its chord as revoked', async () => {
      const late = set(add(queue, 1, 1), { expires: new Date(Date.now() - 60_000).toISOString() });
      const result = await rig.apply(chord([late, add(queue, 2, 2)], on(other, 'total')));
      const expired = result.parent?.results?.[0]?.id;
      expect(messageOf(await rig.meta(result.id))).toBe(
        `Dependency ${expired} raised TaskRevokedError('expired')`,
      );
    });
  });

  it('an inner chord that fails fails the outer one', async () => {
    const inner = chord([fail('t'), add('t', 1, 1)], on('t', 'total'));
    const result = await rig.apply(chord([inner, add('t', 2, 2)], on('t', 'total')));
    expect(messageOf(await rig.meta(result.id))).toContain('raised ChordError(');
  });

  it.each<readonly [string, Canvas]>([
    ['a chord whose body is a chain', chord([fail('t')], chain(on('t', 'total'), add('t', 1)))],
    ['a chain that ends in a group', chain(fail('t'), group(add('t', 1), add('t', 2)))],
  ])('%s fails the chord it is a member of', async (_, member) => {
    const result = await rig.apply(chord([member, add('t', 2, 2)], on('t', 'total')));
    expect((await rig.meta(result.id)).status).toBe('FAILURE');
  });

  it('a body that is a chord fails where its result is looked for', async () => {
    const body = chord([on('t', 'total'), on('t', 'total')], on('t', 'total'));
    const result = await rig.apply(chord([fail('t'), add('t', 1, 1)], body));
    expect((await rig.meta(result.id)).status).toBe('FAILURE');
  });

  it('an errback that says it runs inline is called here, with request, error and traceback', async () => {
    const key = randomUUID();
    const steps = [on('t', 'inline_errback', key), on('p', 'errback', key)];
    const result = await rig.apply(steps.reduce(linkError, fail('t')));
    expect(new Set(await noted(key, 2))).toEqual(
      new Set([`errback ${result.id}`, `inline ${result.id} bad`]),
    );
  });

  it('callbacks run each with the result, an immutable one without, and are one group among the children', async () => {
    const key = randomUUID();
    const callbacks = [on('p', 'collect', key), set(si('canvas.collect', 'without', key), { queue: 't' })];
    const result = await rig.apply(callbacks.reduce(canvas.link, add('t', 1, 2)));
    const { children } = await rig.meta(result.id);
    const [child] = children.map((tuple) => canvas.resultFromTuple(tuple as canvas.ResultTuple));
    expect(children).toHaveLength(1);
    expect(await rig.value(child as CanvasResult)).toEqual([3, 'without']);
    expect(await noted(key, 2)).toEqual(['body', 'body']);
  });

  it('a canvas that a task returns as its result is stored in the same form by both', async () => {
    const key = randomUUID();
    const stored = async (queue: string): Promise<unknown> => {
      const launched = await rig.apply(on(queue, 'launch', 't', key));
      const { result, children } = await rig.meta(launched.id);
      const inner = canvas.resultFromTuple(result as canvas.ResultTuple);
      expect(await rig.value(inner)).toEqual([3, 7]);
      const text = JSON.stringify({ result, children });
      return text.replaceAll(/[0-9a-f-]{36}/g, 'id');
    };
    expect(await stored('t')).toBe(await stored('p'));
  });

  it('Python raises what a TypeScript worker made of a failed chord', async () => {
    const source = `
from canvas_app import add, fail, total
from celery import chord
from celery.exceptions import ChordError
result = chord([fail.s().set(queue="t"), add.s(1, 1).set(queue="t")], total.s().set(queue="p")).apply_async()
# Else Python raises the first failure of what came before.
result.parent = None
try:
    result.get(timeout=30)
except ChordError as error:
    answer(str(error))
`;
    expect(await runPython<string>(rig.app, source)).toMatch(/^Dependency .* raised ValueError\('bad'\)$/);
  });

  it('a hundred mixed chords run their bodies once each and leave nothing behind', async () => {
    const key = randomUUID();
    const chords = await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const [a = 't', b = 't', c = 't', d = 't'] = [0, 1, 2, 3].map((bit) => ((n >> bit) & 1 ? 'p' : 't'));
        const header = [add(a, n, 0), add(b, n, 1), add(c, n, 2)];
        return rig.apply(chord(header, on(d, 'collect', `${key}:${n}`)));
      }),
    );
    const values = await Promise.all(chords.map((each) => rig.value(each)));
    expect(values).toEqual(chords.map((_, n) => [n, n + 1, n + 2]));
    for (const [n, { parent }] of chords.entries()) {
      expect(await rig.notes(`${key}:${n}`)).toEqual(['body']);
      const id = String(parent?.id);
      await until(async () => {
        const left = await groupKeys(id);
        return left.every((name) => name.endsWith('.c'));
      });
    }
  });
});
