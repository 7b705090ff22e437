import { randomUUID } from 'node:crypto';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { shape, shapeNames } from '../support/canvas/mixed-canvases';
import { runPython } from '../support/python';

/** Who runs the tasks of a canvas, one after the other: P is Python, T TypeScript. */
const PATTERNS = ['t', 'pt', 'tp', 'ppt', 'ttp'];

const isRaised = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'raised' in value;

describe('canvases run by any mix of Python and TypeScript workers, on Redis', () => {
  let rig: CanvasRig;
  const run = randomUUID();
  const keyOf = (builder: string, name: string, pattern: string): string =>
    `${run}:${builder}:${name}:${pattern}`;

  /** Python's own answers are what all others are compared with. */
  let expected: Readonly<Record<string, unknown>>;
  let byPython: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    rig = await CanvasRig.open('canvas-worker');
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
    const answers = await runPython<Readonly<Record<string, unknown>>>(
      rig.app,
      `
from canvas_app import SHAPES, Tasks, run_all
def builds(patterns):
    return {
        f"{name}:{pattern}": lambda name=name, build=build, pattern=pattern:
            build(Tasks(pattern, f"${run}:python:{name}:{pattern}")).apply_async()
        for pattern in patterns for name, build in SHAPES.items()
    }
answer(run_all(builds(${JSON.stringify(['p', ...PATTERNS])})))
`,
      120_000,
    );
    byPython = answers;
    expected = Object.fromEntries(shapeNames.map((name) => [name, answers[`${name}:p`]]));
  }, 150_000);

  afterAll(() => rig.close());

  it('Python alone gives a value for each, none of them an error', () => {
    expect(Object.entries(expected).filter(([, value]) => isRaised(value))).toEqual([]);
    expect(expected).toMatchObject({
      chord: [3, 7, 11],
      'group in header': [2, [5, 6]],
      'chain replaces in chord': [116, 2],
    });
  });

  it.each(shapeNames)('%s: whoever builds it and whoever runs it, the value is the same', async (name) => {
    const values = await Promise.all(
      ['p', ...PATTERNS].map(async (pattern) => {
        const result = await rig.apply(shape(name, pattern, keyOf('typescript', name, pattern)));
        return [pattern, await rig.value(result)] as const;
      }),
    );
    const same = (patterns: readonly string[]) =>
      Object.fromEntries(patterns.map((pattern) => [pattern, expected[name]]));
    expect(Object.fromEntries(PATTERNS.map((pattern) => [pattern, byPython[`${name}:${pattern}`]]))).toEqual(
      same(PATTERNS),
    );
    expect(Object.fromEntries(values)).toEqual(same(['p', ...PATTERNS]));
  });

  it('each body ran once', async () => {
    const keys = await rig.redis.keys(`canvas-test:${run}:*`);
    expect(keys.length).toBeGreaterThan(100);
    for (const key of keys) expect([key, await rig.redis.lrange(key, 0, -1)]).toEqual([key, ['body']]);
  });
});
