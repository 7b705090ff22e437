import type { Random } from './random';
import type { Schema, SchemaValues } from './schema-values';
import { type FuzzedValues, writtenText } from './values';

interface BodyContent {
  readonly example?: unknown;
  readonly schema?: Schema;
}

/** What no `JSON.stringify` writes. */
const HAZARDS: readonly (string | Buffer)[] = [
  ...['', '[', '{"a":1e400}', '{"a":9007199254740993}', '{"a":"\\ud800"}', '{"a":"\\u0000"}', '\ufeff{}'],
  ...['{"__proto__":{"polluted":1}}', '{"a":{"constructor":{"prototype":{"polluted":1}}}}', '{"a":1,"a":2}'],
  ...['{"a":NaN}', "{'a':1}", '{"a":1}{"b":2}', '{} ,', '"x"', '0', 'null', '\n\n\n', '{}\n[\n{"x":1}\n'],
  ...[Buffer.from([0xff, 0xfe, 0x7b, 0x7d]), Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
  // The beginning of a gzip member, and nothing behind it.
  Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
];

const MAX_DEPTH = 40_000;
/** Above the limit of most routes. */
const LARGE_BYTES = 300_000;

/** A body as a route would like it, with something wrong here and there. */
export function bodyFor(
  random: Random,
  content: BodyContent | undefined,
  fitting: SchemaValues,
  values: FuzzedValues,
): Buffer | undefined {
  if (content === undefined) return random.oneIn(4) ? Buffer.from(random.pick(['{}', '['])) : undefined;
  if (random.oneIn(20)) {
    if (random.oneIn(60)) return Buffer.alloc(LARGE_BYTES, random.pick(['[', ' ', '"']));
    if (random.oneIn(4)) return Buffer.from('['.repeat(1 + random.below(MAX_DEPTH)));
    return Buffer.from(random.pick(HAZARDS));
  }
  if (random.oneIn(12)) return Buffer.from(writtenText(values.any(random)));
  const schema = fitting.resolved(content.schema);
  const properties = Object.keys(schema.properties ?? {});
  const example: object = isRecord(content.example) ? content.example : {};
  if (random.oneIn(3) || properties.length === 0 || !isRecord(content.example)) {
    return Buffer.from(writtenText(fitting.of(random, content.schema)));
  }
  const changed: Record<string, unknown> = { ...example };
  for (let left = random.below(3); left > 0; left -= 1) {
    const name = random.oneIn(12) ? 'unknown' : random.pick(properties);
    if (random.oneIn(6)) delete changed[name];
    else if (random.oneIn(4)) changed[name] = values.any(random);
    else changed[name] = fitting.of(random, schema.properties?.[name]);
  }
  return Buffer.from(writtenText(changed));
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
