import type Joi from 'joi';

/** Where settings come from: `process.env`, or what a test says. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly setting: string;
  readonly detail: string;
}

/** Raised once with every problem found; the message names settings and never prints their values. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((problem) => `  - ${problem.setting}: ${problem.detail}`);
    super(`The configuration has ${problems.length} problem(s):\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Environment variables that are set but empty count as absent, as `KEY=` in a `.env` file means "not set". */
function present(env: Environment): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && value.trim() !== '') out[key] = value;
  }
  return out;
}

/** Settings known by a second name (`meta({ alias })`) take it where the proper name is not set. */
function withAliases(values: Record<string, string>, schema: Joi.ObjectSchema): Record<string, string> {
  const keys: Readonly<Record<string, Joi.Description>> = schema.describe().keys ?? {};
  for (const [name, description] of Object.entries(keys)) {
    const metas: readonly { readonly alias?: string }[] = description.metas ?? [];
    const alias = metas[0]?.alias;
    const value = alias === undefined ? undefined : values[alias];
    if (value !== undefined) values[name] ??= value;
  }
  return values;
}

/**
 * Validates the environment against a joi schema and gives the typed, frozen configuration.
 * Unknown variables are ignored: an environment holds many that are not ours.
 *
 * @throws ConfigError listing all problems at once.
 */
export function loadConfig<T>(schema: Joi.ObjectSchema<T>, env: Environment): Readonly<T> {
  const { value, error } = schema.validate(withAliases(present(env), schema), {
    abortEarly: false,
    stripUnknown: true,
    convert: true,
    // The message speaks of the setting by name and must not quote its value: it may be a password.
    errors: { wrap: { label: false } },
    messages: { 'any.only': 'must be one of {#valids}', 'string.pattern.base': 'has the wrong form' },
  });
  if (error !== undefined) {
    throw new ConfigError(
      error.details.map((detail) => {
        const setting = String(detail.path[0] ?? detail.context?.label ?? 'settings');
        const text = detail.message.startsWith(`${setting} `)
          ? detail.message.slice(setting.length + 1)
          : detail.message;
        return { setting, detail: text };
      }),
    );
  }
  return Object.freeze(value);
}
