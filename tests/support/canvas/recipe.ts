import { type Canvas, canvas, type StampingVisitor, signature } from '../../../celery';

/** How to build a canvas, as data: the same steps are taken here and by `tests/fixtures/python/canvas_oracle.py`. */
export type Recipe =
  | {
      readonly op: 'task';
      readonly task: string;
      readonly args: readonly unknown[];
      readonly kwargs: Readonly<Record<string, unknown>>;
      readonly immutable: boolean;
    }
  /** A signature as it travels. */
  | { readonly op: 'raw'; readonly value: unknown }
  | { readonly op: 'chain' | 'group'; readonly of: readonly Recipe[] }
  | { readonly op: 'chain-of-one' | 'group-of-one' | 'json'; readonly of: Recipe }
  | { readonly op: 'chord'; readonly header: readonly Recipe[]; readonly body: Recipe }
  | { readonly op: 'chord-of-one'; readonly header: Recipe; readonly body: Recipe }
  | { readonly op: 'pipe'; readonly left: Recipe; readonly right: Recipe }
  | { readonly op: 'map' | 'starmap'; readonly of: Recipe; readonly it: readonly (readonly unknown[])[] }
  | {
      readonly op: 'chunks';
      readonly of: Recipe;
      readonly it: readonly (readonly unknown[])[];
      readonly n: number;
    }
  | { readonly op: 'link' | 'link-error'; readonly of: Recipe; readonly callback: Recipe }
  | { readonly op: 'set'; readonly of: Recipe; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly op: 'clone';
      readonly of: Recipe;
      readonly args: readonly unknown[];
      readonly kwargs: Readonly<Record<string, unknown>>;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | {
      readonly op: 'stamp';
      readonly of: Recipe;
      readonly visitor: keyof typeof VISITORS | null;
      readonly append: boolean;
      readonly stamps: Readonly<Record<string, unknown>>;
    };

const EVERY_KIND: StampingVisitor = {
  onSignature: ({ task }) => ({ sig: task }),
  onGroupStart: ({ kwargs }) => ({ in_group: kwargs.tasks.length, stamped_headers: ['in_group'] }),
  onChainStart: () => ({ in_chain: true }),
  onChordBody: () => ({ in_body: 'yes' }),
  onCallback: ({ task }) => ({ as_callback: [task] }),
  onErrback: () => ({ as_errback: 2 }),
};

/** Named as in the oracle. */
export const VISITORS: Readonly<Record<'every-kind' | 'plain', StampingVisitor>> = {
  'every-kind': EVERY_KIND,
  plain: { onSignature: () => ({ mark: 'm', stamped_headers: ['mark'] }) },
};

const task = ({ task: name, ...parts }: Extract<Recipe, { op: 'task' }>): Canvas =>
  canvas.fromDict(signature(name, parts));

const deepFrozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFrozen(part);
  }
  return value;
};

/** Builds a recipe with our canvas. All that goes in and comes out is frozen: whoever changed a value would throw. */
export const build = (recipe: Recipe): Canvas => deepFrozen(made(deepFrozen(recipe)));

const made = (recipe: Recipe): Canvas => {
  switch (recipe.op) {
    case 'raw':
      return canvas.fromDict(recipe.value);
    case 'task':
      return task(recipe);
    case 'chain':
      return canvas.chain(recipe.of.map(build));
    case 'chain-of-one':
      return canvas.chain(build(recipe.of));
    case 'group':
      return canvas.group(recipe.of.map(build));
    case 'group-of-one':
      return canvas.group(build(recipe.of));
    case 'chord':
      return canvas.chord(recipe.header.map(build), build(recipe.body));
    case 'chord-of-one':
      return canvas.chord(build(recipe.header), build(recipe.body));
    case 'pipe':
      return canvas.pipe(build(recipe.left), build(recipe.right));
    case 'map':
      return canvas.xmap(build(recipe.of), recipe.it);
    case 'starmap':
      return canvas.xstarmap(build(recipe.of), recipe.it);
    case 'chunks':
      return canvas.chunks(build(recipe.of), recipe.it, recipe.n);
    case 'link':
      return canvas.link(build(recipe.of), build(recipe.callback));
    case 'link-error':
      return canvas.linkError(build(recipe.of), build(recipe.callback));
    case 'set':
      return canvas.set(build(recipe.of), recipe.options);
    case 'clone':
      return canvas.clone(build(recipe.of), recipe);
    case 'stamp': {
      const visitor = recipe.visitor === null ? {} : { visitor: VISITORS[recipe.visitor] };
      return canvas.stamp(build(recipe.of), recipe.stamps, { ...visitor, append: recipe.append });
    }
    case 'json':
      return canvas.fromDict(JSON.parse(JSON.stringify(build(recipe.of))));
  }
};
