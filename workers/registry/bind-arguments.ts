import { missingArguments, multipleValues, tooManyPositional, unexpectedKeyword } from './binding-errors';
import type { CompiledParameters } from './compiled-parameters';

export type BoundArguments = Record<string, unknown>;

/**
 * Binds a call as CPython's `initialize_locals` does, checks in the same order included: a bad keyword is reported
 * before a surplus positional, that before a missing one.
 * @throws TypeError with Python's text
 */
export function bindArguments(
  functionName: string,
  parameters: CompiledParameters,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): BoundArguments {
  const { positional, rest, keywordRest } = parameters;
  const bound: BoundArguments = {};
  const filled = Math.min(args.length, positional.length);
  for (let index = 0; index < filled; index += 1) bound[positional[index] as string] = args[index];

  const further = keywordRest === null ? null : (Object.create(null) as Record<string, unknown>);
  let keywordOnlyGiven = 0;
  for (const keyword of Object.keys(kwargs)) {
    const isKeywordOnly = parameters.keywordOnly.includes(keyword);
    if (isKeywordOnly || positional.includes(keyword)) {
      if (Object.hasOwn(bound, keyword)) throw multipleValues(functionName, keyword);
      bound[keyword] = kwargs[keyword];
      if (isKeywordOnly) keywordOnlyGiven += 1;
    } else if (further === null) {
      throw unexpectedKeyword(functionName, keyword);
    } else {
      further[keyword] = kwargs[keyword];
    }
  }

  if (args.length > positional.length && rest === null) {
    throw tooManyPositional(functionName, parameters, args.length, keywordOnlyGiven);
  }
  fillDefaults(functionName, parameters, bound, filled);
  if (rest !== null) bound[rest] = args.slice(positional.length);
  if (keywordRest !== null) bound[keywordRest] = further;
  return bound;
}

function fillDefaults(
  functionName: string,
  parameters: CompiledParameters,
  bound: BoundArguments,
  filled: number,
): void {
  const { positional, keywordOnly, defaults } = parameters;
  if (filled < positional.length) {
    const missing = absent(positional, parameters, bound);
    if (missing.length > 0) throw missingArguments(functionName, 'positional', missing);
  }
  if (keywordOnly.length > 0) {
    const missing = absent(keywordOnly, parameters, bound);
    if (missing.length > 0) throw missingArguments(functionName, 'keyword-only', missing);
  }
  for (const [name, value] of defaults) {
    if (!Object.hasOwn(bound, name)) bound[name] = value;
  }
}

const absent = (
  names: readonly string[],
  parameters: CompiledParameters,
  bound: BoundArguments,
): readonly string[] => names.filter((name) => !Object.hasOwn(bound, name) && !parameters.defaults.has(name));
