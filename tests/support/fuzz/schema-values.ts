import type { Random } from './random';
import type { FuzzedValues } from './values';

/** As much of a JSON Schema as values are made from. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
}

export type Schemas = Readonly<Record<string, Schema>>;

const REFERENCE = '#/components/schemas/';
/** Nodes of workflows hold nodes. */
const MAX_DEPTH = 5;

/** Values that fit a schema, or nearly: right types, edges of ranges, now and then something else altogether. */
export class SchemaValues {
  constructor(
    private readonly schemas: Schemas,
    private readonly values: FuzzedValues,
  ) {}

  /** The schema itself, where it is only named. */
  resolved(schema: Schema | undefined): Schema {
    if (schema?.$ref === undefined) return schema ?? {};
    return this.resolved(this.schemas[schema.$ref.slice(REFERENCE.length)]);
  }

  of(random: Random, named: Schema | undefined, depth = 0): unknown {
    if (random.oneIn(12)) return this.values.any(random);
    const schema = this.resolved(named);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return random.pick(schema.enum);
    const choice = schema.anyOf ?? schema.oneOf;
    if (choice !== undefined) return this.of(random, random.pick(choice), depth + 1);
    const type = typeof schema.type === 'object' ? random.pick(schema.type) : schema.type;
    switch (type) {
      case 'string':
        return this.values.name(random);
      case 'boolean':
        return random.below(2) === 0;
      case 'integer':
      case 'number':
        return this.number(random, schema);
      case 'array':
        return Array.from({ length: depth > MAX_DEPTH ? 0 : random.below(3) }, () =>
          this.of(random, schema.items, depth + 1),
        );
      case 'object':
        return this.object(random, schema, depth);
      default:
        return this.values.any(random);
    }
  }

  /** What is required, and some of the rest. */
  object(random: Random, { properties = {}, required = [] }: Schema, depth = 0): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    const names = Object.keys(properties);
    const wanted = depth > MAX_DEPTH ? required : [...required, random.pick(names), random.pick(names)];
    for (const name of wanted) {
      if (name !== undefined && !random.oneIn(20)) made[name] = this.of(random, properties[name], depth + 1);
    }
    return made;
  }

  private number(random: Random, { minimum = 0, maximum = 100 }: Schema): number {
    // Mostly small: a large one asks for long waits, or is refused.
    if (!random.oneIn(6)) return Math.min(maximum, minimum + random.below(4));
    return random.pick([minimum, maximum, minimum - 1, maximum + 1, minimum + 0.5]);
  }
}
