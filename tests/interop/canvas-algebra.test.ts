import fc from 'fast-check';
import { keepsErrbacksTwice, questions } from '../support/canvas/arbitraries';
import { CanvasOracle } from '../support/canvas/oracle';
import { ask, type Question } from '../support/canvas/question';
import type { Recipe } from '../support/canvas/recipe';
import { comparable } from '../support/canvas/same-answers';

const RUNS = process.env.FULL === '1' ? 5000 : 200;

/** Read from JSON, chunks are the plain built-in task to Python; ours stay chunks. */
const isBareChunks = (dict: unknown): boolean =>
  (dict as { readonly task?: unknown }).task === 'celery.chunks';

describe('canvas algebra, with the installed Celery as oracle', () => {
  let oracle: CanvasOracle;

  beforeAll(async () => {
    oracle = await CanvasOracle.start();
  });

  afterAll(() => oracle.stop());

  const agree = async (question: Question): Promise<void> => {
    const [theirs, ours] = await Promise.all([oracle.ask(question), ask(question)]);
    expect({ ...(comparable(ours) as object), question }).toEqual({
      ...(comparable(theirs) as object),
      question,
    });
  };

  it(`gives Celery's dicts, frozen ids, messages and results for ${RUNS} random canvases`, async () => {
    await fc.assert(fc.asyncProperty(questions, agree), { numRuns: RUNS });
  }, 600_000);

  it(`is read by Celery, and reads what Celery wrote, for ${RUNS} random canvases`, async () => {
    const fromJson = questions.filter((question) => !keepsErrbacksTwice(question));
    const throughJson = fc.asyncProperty(fromJson, async (question) => {
      const ours = await ask({ ask: 'dict', recipe: question.recipe });
      if ('error' in ours || isBareChunks(ours.ok.dict)) return;
      const recipe: Recipe = { op: 'raw', value: JSON.parse(ours.ok.json) };
      await agree({ ...question, recipe });
    });
    await fc.assert(throughJson, { numRuns: RUNS });
  }, 600_000);
});
