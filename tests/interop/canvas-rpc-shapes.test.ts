import { randomUUID } from 'node:crypto';
import { type CanvasResult, TaskResults } from '../../celery';
import { createWorker } from '../../workers';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { canvasTasks, shape, shapeNames } from '../support/canvas/mixed-canvases';
import { runPython, startPythonWorker } from '../support/python';
import { testRedisUrl } from '../support/redis';
import { RpcNode } from '../support/rpc-node';
import { createVhost } from '../support/vhost';

/** Not there on `rpc://`, or told by nobody; see docs/adr/0064-chords-on-rpc.md. */
const NOT_COVERED = new Set(['added to chord', 'ignored in chord']);
const names = shapeNames.filter((name) => !NOT_COVERED.has(name));
/** Python loses the `reply_to` of a task that it replaces: replacing is done by TypeScript, which has Python run parts of it. */
const patternsOf = (name: string): readonly string[] =>
  name.includes('replaces') ? ['t'] : ['p', 't', 'pt', 'tp', 'ppt', 'ttp'];

/** A step that waits for a chord to begin has left the rest of its chain with the gateway: how much of it a task sees differs. */
const withoutRest = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, each) => (name === 'chain' ? undefined : each)));

describe('canvases on rpc, run by any mix of Python and TypeScript workers', () => {
  let rig: CanvasRig;
  let node: RpcNode;
  const run = randomUUID();
  /** What Python alone makes of them, on Redis: it has no chords on rpc. */
  let expected: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    const vhost = await createVhost('canvas-rpc-shapes');
    rig = await CanvasRig.open('canvas-rpc-reference');
    rig.cleanup.does(() => vhost.drop());
    node = await RpcNode.start(vhost.url);
    rig.cleanup.does(() => node.stop());
    const typescript = createWorker({
      tasks: canvasTasks(rig.redis),
      broker: vhost.url,
      queues: ['t', 'celery'],
      concurrency: 8,
      mingle: false,
    });
    rig.cleanup.does(() => typescript.stop());
    const python = startPythonWorker({
      brokerUrl: vhost.url,
      app: 'canvas_app',
      env: { CANVAS_LEDGER: testRedisUrl() },
      queues: ['p', 'celery'],
      concurrency: 3,
    });
    await Promise.all([typescript.start(), rig.cleanup.stops(python), rig.startPython()]);
    expected = await runPython(
      rig.app,
      `
from canvas_app import SHAPES, Tasks, run_all
answer(run_all({
    name: lambda name=name: SHAPES[name](Tasks("p", f"${run}:reference:{name}")).apply_async()
    for name in ${JSON.stringify(names)}
}))
`,
      120_000,
    );
  }, 150_000);

  afterAll(() => rig.close());

  it.each(names)('%s: whoever runs it, the value is what Python alone gives on Redis', async (name) => {
    const results = new TaskResults({ results: node.results });
    const values = await Promise.all(
      patternsOf(name).map(async (pattern) => {
        const { result } = await node.canvases.apply(shape(name, pattern, `${run}:${name}:${pattern}`));
        return [pattern, await results.from(result as CanvasResult).get({ timeoutMs: 60_000 })] as const;
      }),
    );
    const same = patternsOf(name).map((pattern) => [pattern, expected[name]]);
    expect(withoutRest(Object.fromEntries(values))).toEqual(withoutRest(Object.fromEntries(same)));
  });

  it('each body ran once', async () => {
    const keys = await rig.redis.keys(`canvas-test:${run}:*`);
    expect(keys.length).toBeGreaterThan(40);
    for (const key of keys) expect([key, await rig.redis.lrange(key, 0, -1)]).toEqual([key, ['body']]);
  });
});
