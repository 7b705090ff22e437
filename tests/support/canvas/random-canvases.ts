import fc from 'fast-check';
import { type Canvas, canvas } from '../../../celery';

/** A canvas that can be run: each language builds it with its own chain, group and chord. */
export type RunnableRecipe =
  | {
      readonly op: 'task';
      readonly task: string;
      readonly args: readonly number[];
      readonly immutable: boolean;
      /** `p` is Python, `t` TypeScript. */
      readonly queue: string;
    }
  | { readonly op: 'chain' | 'group'; readonly of: readonly RunnableRecipe[] }
  | { readonly op: 'chord'; readonly header: readonly RunnableRecipe[]; readonly body: RunnableRecipe };

const queue = fc.constantFrom('p', 't');

/** Adds up all it is given; now and then it is one that fails. */
const task: fc.Arbitrary<RunnableRecipe> = fc.record({
  op: fc.constant('task' as const),
  task: fc.oneof(
    { weight: 40, arbitrary: fc.constant('canvas.tally') },
    { weight: 1, arbitrary: fc.constant('canvas.fail') },
  ),
  args: fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 1 }),
  immutable: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  queue,
});

const some = (of: fc.Arbitrary<RunnableRecipe>): fc.Arbitrary<readonly RunnableRecipe[]> =>
  fc.array(of, { minLength: 1, maxLength: 3 });

const chainOf = (of: fc.Arbitrary<RunnableRecipe>): fc.Arbitrary<RunnableRecipe> =>
  fc.record({ op: fc.constant('chain' as const), of: some(of) });

const nested = (of: fc.Arbitrary<RunnableRecipe>): fc.Arbitrary<RunnableRecipe> =>
  fc.oneof(
    task,
    chainOf(of),
    fc.record({ op: fc.constant('group' as const), of: some(of) }),
    fc.record({ op: fc.constant('chord' as const), header: some(of), body: fc.oneof(task, chainOf(task)) }),
  );

/** Chains, groups and chords of each other, three deep. */
export const runnable: fc.Arbitrary<RunnableRecipe> = nested(nested(nested(task)));

/** Built here, its tasks on the queues the recipe names. */
export const built = (recipe: RunnableRecipe): Canvas => {
  switch (recipe.op) {
    case 'task': {
      const make = recipe.immutable ? canvas.si : canvas.s;
      return canvas.set(make(recipe.task, ...recipe.args), { queue: recipe.queue });
    }
    case 'chain':
      return canvas.chain(recipe.of.map(built));
    case 'group':
      return canvas.group(recipe.of.map(built));
    case 'chord':
      return canvas.chord(recipe.header.map(built), built(recipe.body));
  }
};
