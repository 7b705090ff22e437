import Joi from 'joi';
import { prepared } from './validation';

type Fields = Readonly<Record<string, Joi.Schema>>;

/** Shapes that callers send are few; beyond this many, somebody is trying them all. */
const MAX_SHAPES = 256;

const hasOwn = (object: object, key: string): boolean => Object.hasOwn(object, key);

/** Looked at even when they are not sent. */
function neededFields(fields: Fields): readonly string[] {
  const needed = Object.entries(fields).filter(([, field]) => {
    const flags = field.describe().flags as { presence?: string; default?: unknown } | undefined;
    return flags?.presence === 'required' || flags?.default !== undefined;
  });
  return needed.map(([key]) => key);
}

/**
 * A schema of many optional fields, most of which are not sent. joi looks at each field a schema knows, sent or not: for a
 * task that is two thirds of the check. So for each set of keys that callers send a schema of just these is made once;
 * bodies with an unknown key or without a needed one get the whole schema, which words the problem.
 */
export class SparseSchema<T> {
  /** All fields; what the documentation is made of. */
  readonly whole: Joi.ObjectSchema<T>;
  readonly #byKeys = new Map<string, Joi.ObjectSchema<T>>();
  readonly #needed: readonly string[];

  /** @param rules what holds between fields; it is put on each of the schemas. */
  constructor(
    private readonly fields: Fields,
    private readonly rules: (schema: Joi.ObjectSchema<T>) => Joi.ObjectSchema<T>,
  ) {
    this.#needed = neededFields(fields);
    this.whole = this.#schemaOf(Object.keys(fields));
  }

  /** The schema that tells of `input` what {@link whole} would. */
  for(input: unknown): Joi.ObjectSchema<T> {
    if (typeof input !== 'object' || input === null) return this.whole;
    const keys = Object.keys(input);
    // NUL cannot be in a known key, so two sets of keys never look the same.
    const shape = keys.join('\0');
    const known = this.#byKeys.get(shape);
    if (known !== undefined) return known;
    const sparse =
      keys.every((key) => hasOwn(this.fields, key)) && this.#needed.every((key) => hasOwn(input, key));
    if (!sparse || this.#byKeys.size >= MAX_SHAPES) return this.whole;
    const made = this.#schemaOf(keys);
    this.#byKeys.set(shape, made);
    return made;
  }

  #schemaOf(keys: readonly string[]): Joi.ObjectSchema<T> {
    // In the order of the whole, in which it tells its problems.
    const entries = Object.entries(this.fields).filter(([key]) => keys.includes(key));
    const fields = Object.fromEntries(entries) as Joi.SchemaMap<T>;
    return prepared(this.rules(Joi.object<T>(fields)));
  }
}
