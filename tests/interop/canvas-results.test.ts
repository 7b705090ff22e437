import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type CanvasResult, canvas } from '../../celery';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { built, runnable } from '../support/canvas/random-canvases';
import { runPython } from '../support/python';

const FULL = process.env.FULL === '1';
const COUNT = FULL ? 500 : 40;
const SEED = Number(process.env.SEED ?? 11);
/** How often Python is asked again where it ended otherwise than we did. */
const REPEATS = 40;
/** What Python alone leaves pending (docs/adr/0061) is told by waiting, and not compared. */
const PYTHON_TIMEOUT_MS = FULL ? 120_000 : 12_000;

/** The end of each task a caller of this waits for, whatever its id. */
const endsOf = async (rig: CanvasRig, result: CanvasResult, timeoutMs: number): Promise<unknown> => {
  if (result.results !== null) {
    return Promise.all(result.results.map((each) => endsOf(rig, each, timeoutMs)));
  }
  const meta = await rig.results.waitForResult(result.id, { timeoutMs });
  if (meta === null) return 'pending';
  if (meta.status === 'SUCCESS') return meta.result;
  const { exc_type: type, exc_message: message } = meta.result as Readonly<Record<string, unknown>>;
  return [meta.status, type, JSON.stringify(message).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')];
};

const isPending = (end: unknown): boolean => JSON.stringify(end).includes('"pending"');

describe('random canvases, built and run by both languages, on Redis', () => {
  let rig: CanvasRig;

  beforeAll(async () => {
    rig = await CanvasRig.open('canvas-results');
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
  }, 90_000);
  afterAll(() => rig.close());

  const byPython = async (recipes: readonly unknown[]): Promise<readonly (canvas.ResultTuple | null)[]> => {
    const key = `canvas-test:${randomUUID()}`;
    await rig.redis.set(key, JSON.stringify(recipes), 'EX', 600);
    return runPython(
      rig.app,
      `
from canvas_app import build, ledger
results = [build(recipe).apply_async() for recipe in json.loads(ledger.get(${JSON.stringify(key)}))]
answer([result and result.as_tuple() for result in results])
`,
      120_000,
    );
  };

  /**
   * How Python alone ends it, however often: now so, now so where several chords have the next step run once for each, under one
   * id, and the last result to come is the one that stays.
   */
  const possibleEnds = async (recipe: unknown): Promise<ReadonlySet<string>> => {
    const tuples = await byPython(Array.from({ length: REPEATS }, () => recipe));
    const ends = await Promise.all(
      tuples.map(async (tuple) =>
        tuple === null ? null : endsOf(rig, canvas.resultFromTuple(tuple), PYTHON_TIMEOUT_MS),
      ),
    );
    return new Set(ends.filter((end) => !isPending(end)).map((end) => JSON.stringify(end)));
  };

  it(
    `${COUNT} end as Python alone ends them`,
    async () => {
      const recipes = fc.sample(runnable, { numRuns: COUNT, seed: SEED });
      const tuples = await byPython(recipes);
      const alone = await Promise.all(
        tuples.map(async (tuple) =>
          tuple === null ? null : endsOf(rig, canvas.resultFromTuple(tuple), PYTHON_TIMEOUT_MS),
        ),
      );
      // One after the other: a broker that is busy with hundreds at once leaves a publish without answer.
      const applied: (Promise<unknown> | unknown)[] = [];
      for (const [index, recipe] of recipes.entries()) {
        if (isPending(alone[index])) {
          applied.push(alone[index]);
          continue;
        }
        const { result } = await rig.publisher.apply(built(recipe));
        applied.push(result === null ? null : endsOf(rig, result, 60_000));
      }
      const mixed = await Promise.all(applied);
      const compared = alone.filter((end) => !isPending(end)).length;
      process.stdout.write(
        `${COUNT} random canvases, ${COUNT - compared} of them left pending by Python alone\n`,
      );
      const wrong = recipes.flatMap((recipe, index) =>
        JSON.stringify(mixed[index]) === JSON.stringify(alone[index])
          ? []
          : [{ recipe: JSON.stringify(recipe), python: alone[index], here: mixed[index] }],
      );
      const python = await Promise.all(wrong.map(({ recipe }) => possibleEnds(JSON.parse(recipe))));
      const impossible = wrong.filter(({ here }, index) => !python[index]?.has(JSON.stringify(here)));
      wrong.forEach(({ recipe, here }, index) => {
        const ends = [...(python[index] ?? [])].join(' or ');
        process.stdout.write(
          `Python alone ends ${recipe} as ${ends}, here it ended as ${JSON.stringify(here)}\n`,
        );
      });
      expect(impossible).toEqual([]);
      expect(wrong.length).toBeLessThanOrEqual(COUNT / 100);
      expect(compared).toBeGreaterThan(COUNT / 2);
    },
    FULL ? 600_000 : 150_000,
  );
});
