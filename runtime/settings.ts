import Joi from 'joi';

/** One setting, typed: what joi validates and what the program reads are the same declaration. */
export interface Setting<T> {
  readonly schema: Joi.Schema;
  /** Carries the type only; never read. */
  readonly type?: T;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The configuration that a set of settings yields. */
export type ValuesOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

interface About {
  /** One sentence for the operator: what it does, its unit, what to weigh. */
  readonly description: string;
  /** The line written to `.env.example` when it is not the default. */
  readonly example?: string;
  /** Another name it is known by. */
  readonly alias?: string;
}

function described<T>(schema: Joi.Schema, about: About, meta: object = {}): Setting<T> {
  const details = { ...meta, ...(about.example === undefined ? {} : { example: about.example }) };
  const aliased = about.alias === undefined ? details : { ...details, alias: about.alias };
  return { schema: schema.description(about.description).meta(aliased) };
}

/** `true` or `false` (also 1/0, yes/no, on/off). */
export function flag(about: About & { readonly default: boolean }): Setting<boolean> {
  const schema = Joi.boolean().truthy('1', 'yes', 'on').falsy('0', 'no', 'off').default(about.default);
  return described(schema, about, { form: 'true or false' });
}

/** A whole number within bounds. */
export function integer(
  about: About & { readonly default: number; readonly min: number; readonly max: number },
): Setting<number> {
  return described(Joi.number().integer().min(about.min).max(about.max).default(about.default), about, {
    form: `${about.min} to ${about.max}`,
  });
}

/** A text with a default. */
export function text(
  about: About & { readonly default: string; readonly pattern?: RegExp },
): Setting<string> {
  const schema = about.pattern === undefined ? Joi.string() : Joi.string().pattern(about.pattern);
  return described(schema.default(about.default), about, { form: 'text' });
}

/** A text that may be absent. */
export function optionalText(about: About & { readonly pattern?: RegExp }): Setting<string | undefined> {
  const schema = about.pattern === undefined ? Joi.string() : Joi.string().pattern(about.pattern);
  return described(schema, about, { form: 'text' });
}

/**
 * A text that is never printed: neither in problems nor in the generated documentation.
 * @param about `problem` says what is wrong with a text, without quoting it
 */
export function secret(
  about: About & { readonly default: string; readonly problem?: (text: string) => string | undefined },
): Setting<string> {
  const schema = Joi.string().custom((value: string, helpers) => {
    const problem = about.problem?.(value);
    return problem === undefined ? value : helpers.message({ custom: problem });
  });
  return described(schema.default(about.default), about, { form: 'secret', secret: true });
}

/** A secret that may be absent. */
export function optionalSecret(about: About): Setting<string | undefined> {
  return described(Joi.string(), about, { form: 'secret', secret: true });
}

/** One of a few words. */
export function choice<const T extends string>(
  values: readonly T[],
  about: About & { readonly default: NoInfer<T> },
): Setting<T> {
  return described(
    Joi.string()
      .valid(...values)
      .default(about.default),
    about,
    { form: values.join(', ') },
  );
}

/**
 * A list written in one variable, split at the separators given (spaces around items are dropped).
 * @param item validates each item and may turn it into something else by throwing or returning.
 */
export function list<T>(
  about: About & {
    readonly separators: RegExp;
    readonly form: string;
    readonly item: (text: string) => T;
    readonly secret?: boolean;
  },
): Setting<readonly T[]> {
  const schema = Joi.any()
    .custom((value: unknown, helpers) => {
      const parts = String(value)
        .split(about.separators)
        .map((part) => part.trim())
        .filter((part) => part !== '');
      try {
        return parts.map((part) => about.item(part));
      } catch (error) {
        return helpers.message({ custom: error instanceof Error ? error.message : 'is invalid' });
      }
    })
    .default([]);
  return described(schema, about, { form: about.form, secret: about.secret === true });
}

/** The joi schema of a whole set, in the order of its declaration. */
export function settingsSchema<S extends Settings>(settings: S): Joi.ObjectSchema<ValuesOf<S>> {
  const keys = Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.schema]));
  return Joi.object(keys) as Joi.ObjectSchema<ValuesOf<S>>;
}
