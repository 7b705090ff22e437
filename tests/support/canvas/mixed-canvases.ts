import { Redis } from 'ioredis';
import { type AppliedCanvas, type Canvas, canvas, defineTask, type TaskDefinition } from '../../../workers';
import { testRedisUrl } from '../redis';

const { chain, chord, group, s, set, si } = canvas;

const on = (sig: Canvas, queue: string): Canvas => set(sig, { queue });
const add = (...args: readonly unknown[]): Canvas => s('canvas.add', ...args);

const tallyOf = (value: unknown): number =>
  Array.isArray(value) ? value.reduce((sum: number, each) => sum + tallyOf(each), 0) : Number(value);

/** The TypeScript side of tests/fixtures/python/canvas_app.py: the same tasks. */
export const canvasTasks = (redis: Redis): readonly TaskDefinition[] => {
  const note = async (key: unknown, text: string): Promise<void> => {
    await redis.rpush(`canvas-test:${key}`, text);
    await redis.expire(`canvas-test:${key}`, 600);
  };
  const replacement = (kind: string, x: unknown, other: string): Canvas => {
    const base = on(add(x, 1), other);
    const plus = (y: number, queue: string): Canvas => on(add(y), queue);
    switch (kind) {
      case 'chain':
        return chain(base, plus(10, 'p'), plus(100, other));
      case 'group':
        return group(base, on(add(x, 2), 'p'));
      case 'chain-group':
        return chain(base, group(plus(10, 'p'), plus(20, other)));
      case 'chord':
        return chord([base, on(add(x, 2), 'p')], on(s('canvas.total'), other));
      case 'again':
        return on(s('canvas.replace', 'task', x, other), other);
      default:
        return base;
    }
  };
  return [
    defineTask('canvas.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y)),
    defineTask('canvas.tally', { params: ['*values'] }, (_context, { values }) => tallyOf(values)),
    defineTask('canvas.total', { params: ['values'] }, (_context, { values }) =>
      (values as readonly number[]).reduce((sum, value) => sum + value, 0),
    ),
    defineTask(
      'canvas.collect',
      { params: ['values', 'key'], acksLate: true },
      async (_context, { values, key }) => {
        await note(key, 'body');
        return values;
      },
    ),
    defineTask('canvas.linger', { params: ['seconds'] }, (context, { seconds }) =>
      context.sleep(Number(seconds) * 1000),
    ),
    defineTask('canvas.fail', { params: ['*args'] }, () => {
      throw new RangeError('bad');
    }),
    defineTask('canvas.errback', { params: ['task_id', 'key'] }, (_context, { task_id, key }) =>
      note(key, `errback ${task_id}`),
    ),
    defineTask(
      'canvas.inline_errback',
      { params: ['request', 'error', 'traceback', 'key'], errbackStyle: 'inline' },
      (_context, { request, error, traceback, key }) => {
        if (!String(traceback).includes('Traceback')) throw new Error('no traceback');
        return note(key, `inline ${(request as { id: string }).id} ${(error as Error).message}`);
      },
    ),
    defineTask('canvas.retry_once', { params: ['x'] }, async (context, { x }) => {
      if (context.request.retries === 0) await context.retry({ countdownSeconds: 0 });
      return x;
    }),
    defineTask('canvas.ignored', { params: ['x'], ignoreResult: true }, (_context, { x }) => x),
    defineTask('canvas.lineage', { params: ['*before'] }, ({ request: r }, { before }) => ({
      is_root: r.rootId === r.id,
      has_parent: r.parentId !== null && r.parentId !== r.id,
      chain: r.embed.chain?.length ?? 0,
      stamps: Object.fromEntries(r.stampedHeaders.map((name) => [name, r.stamps[name]])),
      nesting: r.replacedTaskNesting,
      before,
    })),
    defineTask('canvas.replace', { params: ['kind', 'x', 'other'] }, (context, { kind, x, other }) =>
      context.replace(replacement(String(kind), x, String(other))),
    ),
    defineTask('canvas.extend', { params: ['x', 'other'] }, async (context, { x, other }) => {
      await context.addToChord(on(add(x, 1000), String(other)));
      return x;
    }),
    defineTask(
      'canvas.launch',
      { params: ['queue', 'key'] },
      (context, { queue, key }): Promise<AppliedCanvas | null> => {
        const header = [on(add(1, 2), String(queue)), on(add(3, 4), 'p')];
        return context.apply(chord(header, on(s('canvas.collect', key), String(queue))));
      },
    ),
  ];
};

/** Signatures whose queues follow a pattern, over and over. */
class Tasks {
  #at = 0;

  constructor(
    readonly pattern: string,
    readonly key: string,
  ) {}

  on(sig: Canvas): Canvas {
    const queue = this.pattern.charAt(this.#at % this.pattern.length);
    this.#at += 1;
    return on(sig, queue);
  }

  readonly add = (...args: readonly number[]): Canvas => this.on(add(...args));
  readonly total = (): Canvas => this.on(s('canvas.total'));
  readonly collect = (): Canvas => this.on(s('canvas.collect', this.key));

  readonly lineage = (): Canvas => this.on(s('canvas.lineage'));

  replace(kind: string): Canvas {
    const other = this.pattern.charAt((this.#at + 1) % this.pattern.length);
    return this.on(si('canvas.replace', kind, 5, other));
  }
}

type Build = (t: Tasks) => Canvas;

const REPLACED: Readonly<Record<string, (t: Tasks, kind: string) => Canvas>> = {
  chain: (t, kind) => chain(t.add(0, 0), t.replace(kind), t.on(s('canvas.lineage'))),
  chord: (t, kind) => chord([t.replace(kind), t.add(1, 1)], t.collect()),
};

const replacing = ['task', 'chain', 'group', 'chain-group', 'chord', 'again'].flatMap((kind) =>
  Object.entries(REPLACED).map(([where, build]): readonly [string, Build] => [
    `${kind} replaces in ${where}`,
    (t) => build(t, kind),
  ]),
);

const SHAPES: ReadonlyMap<string, Build> = new Map<string, Build>([
  ['chain', (t) => chain(t.add(1, 2), t.add(3), t.add(4))],
  ['chord', (t) => chord([t.add(1, 2), t.add(3, 4), t.add(5, 6)], t.collect())],
  ['chord in chain', (t) => chain(t.add(1, 2), group(t.add(10), t.add(20)), t.collect())],
  ['group in chain', (t) => chain(t.add(1, 1), group(t.add(1), t.add(2)))],
  [
    'chords in a row',
    (t) => chain(group(t.add(1, 1), t.add(2, 2)), t.total(), group(t.add(1), t.add(2)), t.collect()),
  ],
  [
    'chord in chord',
    (t) => chord([chain(t.add(1, 1), t.add(1)), chord([t.add(1, 1), t.add(2, 2)], t.total())], t.collect()),
  ],
  [
    'group in header',
    (t) => chord([t.add(1, 1), chain(t.add(2, 2), group(t.add(1), t.add(2)))], t.collect()),
  ],
  ['lineage', (t) => chain(t.lineage(), t.lineage(), group(t.lineage()), t.lineage())],
  [
    'stamps',
    (t) => {
      const sig = chain(t.lineage(), group(t.lineage(), t.lineage()), t.lineage());
      return canvas.stamp(sig, { owner: 'me', many: [1, 2] });
    },
  ],
  ['retry in chain', (t) => chain(t.on(s('canvas.retry_once', 1)), t.add(1))],
  ['retry in chord', (t) => chord([t.on(s('canvas.retry_once', 1)), t.add(1, 1)], t.collect())],
  ['ignored in chord', (t) => chord([t.on(s('canvas.ignored', 5)), t.add(1, 1)], t.collect())],
  [
    'added to chord',
    (t) => chord([t.on(s('canvas.extend', 1, t.pattern.charAt(0))), t.add(1, 1)], t.total()),
  ],
  [
    'map',
    (t) => {
      const items = [
        [1, 2],
        [3, 4],
      ];
      return chain(t.add(1, 1), t.on(canvas.xstarmap(add(), items)), t.collect());
    },
  ],
  ...replacing,
]);

/** Names of the canvases that both sides build. */
export const shapeNames: readonly string[] = [...SHAPES.keys()];

/** A canvas by name, its tasks on queues `p` and `t` after the pattern. */
export const shape = (name: string, pattern: string, key: string): Canvas => {
  const build = SHAPES.get(name);
  if (build === undefined) throw new Error(`no canvas is called ${name}`);
  return build(new Tasks(pattern, key));
};

/** What tasks noted under a key. */
export const notes = (redis: Redis, key: string): Promise<string[]> =>
  redis.lrange(`canvas-test:${key}`, 0, -1);

export const ledger = (): Redis => new Redis(testRedisUrl());
