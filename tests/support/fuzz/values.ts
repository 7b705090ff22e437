import fc from 'fast-check';
import type { Random } from './random';

const TEXTS = [
  ...['', ' ', '.', '..', '../..', '%', '%00', '\u0000', '\ud800', '\u202e', 'a'.repeat(300), '{}', '*', '#'],
  ...[
    'amq.direct',
    'amq.topic',
    'celery.pidbox',
    'celeryev',
    '__proto__',
    'constructor',
    'CC',
    '-1',
    '1e400',
  ],
  ...[
    'null',
    'true',
    '\r\nX: y',
    '💣',
    'é',
    '<script>',
    "' or 1=1",
    '{{7*7}}',
    '2026-13-45T99:99:99Z',
    '1,2',
  ],
] as const;

/** What has broken servers before. */
const NASTY: readonly unknown[] = [
  ...TEXTS,
  ...[0, -1, 1.5, 255, 256, 2 ** 31, 2 ** 53, 1e308, true, false, null, [], {}, [[[]]], { a: { b: [null] } }],
  ...[{ constructor: {} }, { length: -1 }, [null], { $ref: '#' }, { toString: null }],
];

/** Names that may be there, because other requests made them. */
const NAMES = ['celery', 'fuzzed', 'x', 'y', 'fuzz.add', 'amq.fanout', 'dead', 'celery.dead', 'a.b.c', 'W@h'];
const MOMENTS = [
  '2026-01-01T00:00:00Z',
  '2999-01-01T00:00:00+02:00',
  '1970-01-01T00:00',
  'P1D',
  '*/5 * * * *',
];
const IDS = Array.from(
  { length: 24 },
  (_, index) => `00000000-0000-4000-8000-${`${index}`.padStart(12, '0')}`,
);

/** Beyond what stands above: what fast-check finds odd. A few are enough, they meet in ever new requests. */
const ODD_COUNT = 512;

/** Values for places where something else is awaited, or nothing much. */
export class FuzzedValues {
  readonly #odd: readonly unknown[];

  constructor(seed: number) {
    const odd = fc.anything({ maxDepth: 3, maxKeys: 4, withNullPrototype: false });
    this.#odd = fc.sample(odd, { numRuns: ODD_COUNT, seed });
  }

  /** Anything at all. */
  any(random: Random): unknown {
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        return random.pick(NASTY);
      case 3:
        return random.pick(this.#odd);
      case 4:
        return binaryText(random);
      case 5:
        return random.below(2) === 0 ? random.below(40) : random.next() - 2 ** 31;
      default:
        return this.name(random);
    }
  }

  /** A text that could name something. */
  name(random: Random): string {
    if (random.oneIn(8)) return random.pick(TEXTS);
    if (random.oneIn(3)) return random.pick(IDS);
    return random.oneIn(6) ? random.pick(MOMENTS) : random.pick(NAMES);
  }
}

function binaryText(random: Random): string {
  return String.fromCharCode(...Array.from({ length: random.below(40) }, () => random.below(0x3_00)));
}

/** As it is written into a path or a body; what JSON cannot say is said somehow. */
export function writtenText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A bigint, or what refers to itself.
    return 'unwritable';
  }
}
