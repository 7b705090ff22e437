import type { Parameter } from './parameters';

/** A parameter list in the form calls are bound against. */
export interface CompiledParameters {
  /** Names that positional arguments fill, in order. */
  readonly positional: readonly string[];
  /** How many of `positional` must be given: those before the first default. */
  readonly required: number;
  readonly keywordOnly: readonly string[];
  readonly defaults: ReadonlyMap<string, unknown>;
  /** Name that takes further positional arguments. */
  readonly rest: string | null;
  /** Name that takes further keyword arguments. */
  readonly keywordRest: string | null;
}

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads a parameter list once, when the task is defined.
 * @throws Error when Python would not accept the `def` line: it is a mistake in the program, not in a call
 */
export function compileParameters(taskName: string, parameters: readonly Parameter[]): CompiledParameters {
  const positional: string[] = [];
  const keywordOnly: string[] = [];
  const defaults = new Map<string, unknown>();
  const seen = new Set<string>();
  let rest: string | null = null;
  let keywordRest: string | null = null;
  let afterStar = false;

  const refuse = (why: string): never => {
    throw new Error(`task ${taskName}: ${why}`);
  };
  const declare = (name: string): string => {
    if (!IDENTIFIER.test(name) || FORBIDDEN.has(name)) refuse(`'${name}' is not a parameter name`);
    if (seen.has(name)) refuse(`duplicate parameter '${name}'`);
    seen.add(name);
    return name;
  };

  for (const parameter of parameters) {
    if (keywordRest !== null) refuse(`nothing may follow '**${keywordRest}'`);
    if (typeof parameter !== 'string') {
      defaults.set(declare(parameter.name), parameter.default);
      (afterStar ? keywordOnly : positional).push(parameter.name);
    } else if (parameter.startsWith('**')) {
      keywordRest = declare(parameter.slice(2));
    } else if (parameter.startsWith('*')) {
      if (afterStar) refuse(`only one '*' is allowed`);
      afterStar = true;
      if (parameter !== '*') rest = declare(parameter.slice(1));
    } else {
      if (!afterStar && defaults.size > 0)
        refuse(`'${parameter}' without a default follows one with a default`);
      (afterStar ? keywordOnly : positional).push(declare(parameter));
    }
  }
  const required = positional.filter((name) => !defaults.has(name)).length;
  return { positional, required, keywordOnly, defaults, rest, keywordRest };
}
