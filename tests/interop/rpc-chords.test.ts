import {
  type Canvas,
  type CanvasResult,
  canvas,
  type GroupResult,
  type TaskMeta,
  TaskResults,
} from '../../celery';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';
import { RpcNode } from '../support/rpc-node';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const { chain, chord, group, s, si } = canvas;
const add = (...args: readonly number[]): Canvas => s('interop.add', ...args);
const echo = s('interop.echo');
const WAIT_MS = 40_000;

describe('a chord on rpc, its header and body run by an unmodified Python worker', () => {
  const cleanup = new Cleanup();
  let node: RpcNode;

  beforeAll(async () => {
    const vhost = await createVhost('rpc-chords');
    cleanup.does(() => vhost.drop());
    node = await RpcNode.start(vhost.url);
    cleanup.does(() => node.stop());
    await cleanup.stops(startPythonWorker({ brokerUrl: vhost.url, concurrency: 2 }));
  });

  afterAll(() => cleanup.run());

  const finalValue = (result: CanvasResult): Promise<unknown> =>
    new TaskResults({ results: node.results }).from(result).get({ timeoutMs: WAIT_MS });
  const end = async (id: string): Promise<TaskMeta | null> =>
    node.results.waitForResult(id, { timeoutMs: WAIT_MS });

  it.each<readonly [string, Canvas, unknown]>([
    ['a chord', chord([add(1, 2), add(3, 4)], echo), [3, 7]],
    ['a group before a task', canvas.pipe(group(add(1, 2), add(3, 4)), echo), [3, 7]],
    ['a chord with an empty header', chord([], echo), []],
    [
      'a chord of chains and chords',
      chord([chain(add(1, 2), add(3)), chord([add(4, 5)], echo)], echo),
      [6, [9]],
    ],
    [
      'a header member that ends in a group',
      chord([chain(add(1, 1), group(add(1), add(2)))], echo),
      [[3, 4]],
    ],
    ['a chord that a chain comes to', chain(add(1, 2), group(add(10), add(20)), echo), [13, 23]],
    [
      'a chord in the middle of a header member',
      chord([chain(add(1, 2), group(add(10), add(20)), echo), add(1, 1)], echo),
      [[13, 23], 2],
    ],
    [
      'two chords one after the other, with steps between and after',
      chain(group(add(1, 1), add(2, 2)), echo, group(echo, si('interop.echo', 0)), echo, echo),
      [[2, 4], 0],
    ],
    [
      'a body that is a group',
      chord([add(1, 2), add(3, 4)], group(echo, echo)),
      [
        [3, 7],
        [3, 7],
      ],
    ],
    ['a body that is a chord', chord([add(1, 2)], chord([echo, echo], echo)), [[3], [3]].map((v) => v)],
    [
      'a body that is a chain with a chord in it',
      chord([add(1, 2)], chain(echo, group(echo, echo), echo)),
      [[3], [3]],
    ],
  ])('%s ends in the value Celery gives it elsewhere', async (_, sig, value) => {
    const { result } = await node.canvases.apply(sig);
    await expect(finalValue(result as CanvasResult)).resolves.toEqual(value);
  });

  it('a failed header task fails the body as Celery words it, and the errback of the body runs once', async () => {
    const errback = canvas.set(s('interop.echo'), { task_id: 'the-errback' });
    const fails = canvas.set(s('interop.fail', 'no'), { task_id: 'the-culprit' });
    const body = canvas.linkError(echo, errback);
    const { result } = await node.canvases.apply(chord([add(1, 2), fails], body));
    const meta = await end((result as CanvasResult).id);
    expect(meta).toMatchObject({
      status: 'FAILURE',
      result: {
        exc_type: 'ChordError',
        exc_module: 'celery.exceptions',
        exc_message: ["Dependency the-culprit raised ValueError('no')"],
      },
    });
    expect(meta?.traceback).toContain('ValueError: no');
    await expect(end('the-errback')).resolves.toMatchObject({
      status: 'SUCCESS',
      result: (result as CanvasResult).id,
    });
  });

  it('a step that fails before a chord fails all that comes after it', async () => {
    const canvasOfFailure = chain(s('interop.fail', 'early'), group(echo, echo), echo, echo);
    const { result } = await node.canvases.apply(canvasOfFailure);
    await expect(end((result as CanvasResult).id)).resolves.toMatchObject({
      status: 'FAILURE',
      result: { exc_type: 'ValueError', exc_message: ['early'] },
    });
  });

  it('a result object throws what Python raised, and gives members in the order they end', async () => {
    const results = new TaskResults({ results: node.results });
    const { result } = await node.canvases.apply(chain(s('interop.fail_custom', 'no', 7), echo));
    await expect(results.from(result as CanvasResult).get({ timeoutMs: WAIT_MS })).rejects.toMatchObject({
      excType: 'InteropError',
      excArgs: ['no', 7],
      traceback: expect.stringContaining('InteropError'),
    });
    const pair = await node.canvases.apply(group(s('interop.sleep', 1), add(1, 2)));
    const members = results.from(pair.result as CanvasResult) as GroupResult;
    const order: unknown[] = [];
    for await (const { value } of members.iterate({ timeoutMs: WAIT_MS })) order.push(value);
    expect(order).toEqual([3, 1]);
  });

  it('a callback that is a chord is started with the result', async () => {
    const callback = chord([echo, echo], canvas.set(echo, { task_id: 'after-callback' }));
    await node.canvases.apply(canvas.link(add(2, 3), callback));
    await expect(end('after-callback')).resolves.toMatchObject({ status: 'SUCCESS', result: [5, 5] });
  });

  it('leaves no join behind', async () => {
    await until(() => node.joiner.open === 0, { timeoutMs: WAIT_MS, what: 'the last join' });
  });
});
