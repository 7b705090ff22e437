import fc from 'fast-check';
import type { Question } from './question';
import type { Recipe } from './recipe';

const TASKS = ['t.add', 't.mul', 't.sum'];

const args = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom('ä', null, true)), {
  maxLength: 2,
});
const kwargs = fc.constantFrom({}, {}, {}, { k: 1 }, { n: { deep: [1] } });

/** A call of one task. */
const task: fc.Arbitrary<Recipe> = fc.record({
  op: fc.constant('task' as const),
  task: fc.constantFrom(...TASKS),
  args,
  kwargs,
  immutable: fc.boolean(),
});

const items = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 2 }), {
  maxLength: 5,
});

const maps: fc.Arbitrary<Recipe> = fc.oneof(
  fc.record({ op: fc.constantFrom('map' as const, 'starmap' as const), of: task, it: items }),
  fc.record({ op: fc.constant('chunks' as const), of: task, it: items, n: fc.integer({ min: 1, max: 3 }) }),
);

const options = fc.constantFrom<Readonly<Record<string, unknown>>>(
  { queue: 'other' },
  { priority: 3 },
  { countdown: 5 },
  { expires: 60 },
  { time_limit: 300, soft_time_limit: 250 },
  { shadow: 'shown' },
  { ignore_result: true },
  { headers: { tenant: 'a' } },
  { root_id: 'the-root' },
  { stamped_headers: ['mark'], mark: 'x' },
);

const changesOf = (of: fc.Arbitrary<Recipe>): readonly fc.Arbitrary<Recipe>[] => [
  fc.record({
    op: fc.constantFrom('link' as const, 'link-error' as const),
    of,
    callback: fc.oneof({ weight: 2, arbitrary: task }, { weight: 1, arbitrary: of }),
  }),
  fc.record({ op: fc.constant('set' as const), of, options }),
  fc.record({
    op: fc.constant('clone' as const),
    of,
    args,
    kwargs,
    options: fc.oneof(fc.constant({}), options),
  }),
  fc.record({
    op: fc.constant('stamp' as const),
    of,
    visitor: fc.constantFrom('every-kind' as const, 'plain' as const, null),
    append: fc.boolean(),
    stamps: fc.constantFrom({ a: 'x' }, { a: ['y'], b: 2 }, {}),
  }),
  fc.record({ op: fc.constant('json' as const), of }),
];

const canvases = fc.letrec<{ canvas: Recipe; composite: Recipe; list: readonly Recipe[] }>((tie) => {
  const one = tie('canvas');
  const many = fc.array(one, { maxLength: 4, size: 'max', depthIdentifier: 'canvas' });
  const [link, set, clone, stamp, json] = changesOf(one) as [
    fc.Arbitrary<Recipe>,
    fc.Arbitrary<Recipe>,
    fc.Arbitrary<Recipe>,
    fc.Arbitrary<Recipe>,
    fc.Arbitrary<Recipe>,
  ];
  return {
    list: many,
    composite: fc.oneof(
      { depthIdentifier: 'canvas' },
      {
        weight: 4,
        arbitrary: fc.record({ op: fc.constantFrom('chain' as const, 'group' as const), of: many }),
      },
      { weight: 3, arbitrary: fc.record({ op: fc.constant('chord' as const), header: many, body: one }) },
      { weight: 6, arbitrary: fc.record({ op: fc.constant('pipe' as const), left: one, right: one }) },
      {
        weight: 1,
        arbitrary: fc.record({
          op: fc.constantFrom('chain-of-one' as const, 'group-of-one' as const),
          of: one,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ op: fc.constant('chord-of-one' as const), header: one, body: one }),
      },
      { weight: 2, arbitrary: link },
      { weight: 1, arbitrary: set },
      { weight: 1, arbitrary: clone },
      { weight: 1, arbitrary: stamp },
      { weight: 1, arbitrary: json },
    ),
    canvas: fc.oneof(
      { depthSize: 'xlarge', depthIdentifier: 'canvas', maxDepth: 7 },
      { weight: 5, arbitrary: task },
      { weight: 1, arbitrary: maps },
      { weight: 9, arbitrary: tie('composite') },
    ),
  };
});

/** Python's chunks become the plain built-in task when cloned or read from JSON, which ours, being data, need no telling from. */
const isForgottenChunks = (recipe: Recipe, forgotten = false): boolean => {
  switch (recipe.op) {
    case 'chunks':
      return forgotten;
    case 'clone':
    case 'json':
      return isForgottenChunks(recipe.of, true);
    case 'set':
    case 'stamp':
    case 'link':
    case 'link-error':
      return isForgottenChunks(recipe.of, forgotten);
    default:
      return false;
  }
};

const dicts = fc.record({ ask: fc.constant('dict' as const), recipe: canvases.composite });

const freezes = fc.record({
  ask: fc.constant('freeze' as const),
  recipe: canvases.composite,
  parts: fc.constantFrom(
    {},
    { _id: 'own' },
    { root_id: 'r', parent_id: 'p' },
    { group_id: 'g', group_index: 2 },
  ),
});

const applies = fc.record({
  ask: fc.constant('apply' as const),
  recipe: canvases.canvas.filter((recipe) => !isForgottenChunks(recipe)),
  args,
  kwargs: fc.constantFrom({}, { k: 2 }),
  options: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: options }),
  parent: fc.constantFrom(
    null,
    null,
    { id: 'the-parent', root_id: 'its-root' },
    { id: 'first', root_id: null },
  ),
});

/**
 * What hangs on an object's past in Python, and not in ours: an errback that a chain gives to each of its tasks is one object,
 * and a list stamped on it is stamped once per task; a canvas as callback loses its class when cloned, and less of it is stamped.
 */
const stampsByPast = ({ recipe }: Question): boolean => {
  const text = JSON.stringify(recipe);
  const hasSharedErrbacks =
    text.includes('"op":"link-error"') && /"append":true|"stamps":\{"a":\[/.test(text);
  const hasCanvasCallback = /"callback":\{"op":"(?!task")/.test(text);
  return text.includes('"op":"stamp"') && (hasSharedErrbacks || hasCanvasCallback);
};

/** A canvas of any shape and what is asked about it. */
export const questions: fc.Arbitrary<Question> = fc
  .oneof(
    { weight: 1, arbitrary: dicts },
    { weight: 2, arbitrary: freezes },
    { weight: 5, arbitrary: applies },
  )
  .filter((question) => !stampsByPast(question));

/**
 * A canvas as errback of a chord: read from JSON its arguments are a list to Python, typed they are a tuple, so Python takes the
 * two for different errbacks and keeps both.
 */
export const keepsErrbacksTwice = ({ recipe }: Question): boolean => {
  const text = JSON.stringify(recipe);
  return text.includes('"op":"link-error"') && /"callback":\{"op":"(?!task")/.test(text);
};
